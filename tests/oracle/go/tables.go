package main

import (
	"encoding/binary"
	"fmt"
	"sort"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// mask is a set of conjunctions (selectors or terms) that no key seen so far has ruled out.
type mask []uint64

func newMask(n int) mask { return make(mask, (n+63)/64) }

func (m mask) set(i int) { m[i/64] |= 1 << (i % 64) }

func (m mask) and(o mask) mask {
	r := make(mask, len(m))
	for i := range m {
		r[i] = m[i] & o[i]
	}
	return r
}

func (m mask) any() bool {
	for _, w := range m {
		if w != 0 {
			return true
		}
	}
	return false
}

func (m mask) anyOutside(o mask) bool {
	for i := range m {
		if m[i]&^o[i] != 0 {
			return true
		}
	}
	return false
}

// column is one dimension of the product: a label key, or the node's name.
type column struct {
	key    string
	values []*string
	isName bool
}

func (c column) node(v *string) *v1.Node {
	n := &v1.Node{}
	if v == nil {
		return n
	}
	if c.isName {
		n.Name = *v
	} else {
		n.ObjectMeta = metav1.ObjectMeta{Labels: map[string]string{c.key: *v}}
	}
	return n
}

// table says, for a disjunction of conjunctions, which conjunctions survive each value of each column.
type table struct {
	always bool     // no constraint at all
	alive  mask     // conjunctions that can match anything
	row    [][]mask // [column][value]
	rest   []mask   // [column]: conjunctions with a requirement on this or a later column
}

func emptyTable(columns []column, n int) *table {
	t := &table{alive: newMask(n), row: make([][]mask, len(columns)), rest: make([]mask, len(columns)+1)}
	for c := range columns {
		t.row[c] = make([]mask, len(columns[c].values))
		for v := range columns[c].values {
			t.row[c][v] = newMask(n)
		}
		t.rest[c] = newMask(n)
	}
	t.rest[len(columns)] = newMask(n)
	return t
}

func (t *table) closeRest() {
	for c := len(t.rest) - 2; c >= 0; c-- {
		for i := range t.rest[c] {
			t.rest[c][i] |= t.rest[c+1][i]
		}
	}
}

func selectorTable(columns []column, selectors []labels.Selector) *table {
	t := emptyTable(columns, len(selectors))
	known := map[string]bool{}
	for _, c := range columns {
		if !c.isName {
			known[c.key] = true
		}
	}
	for s, sel := range selectors {
		t.alive.set(s)
		reqs, _ := sel.Requirements()
		for _, r := range reqs {
			if !known[r.Key()] {
				panic("the product has no key " + r.Key())
			}
		}
		for c, col := range columns {
			for v, value := range col.values {
				ok := true
				for _, r := range reqs {
					if col.isName || r.Key() != col.key {
						continue
					}
					t.rest[c].set(s)
					ok = ok && r.Matches(labels.Set(col.node(value).Labels))
				}
				if ok {
					t.row[c][v].set(s)
				}
			}
		}
	}
	t.closeRest()
	return t
}

func termTable(columns []column, ns *v1.NodeSelector) *table {
	if ns == nil {
		return &table{always: true}
	}
	known := map[string]bool{}
	for _, c := range columns {
		if !c.isName {
			known[c.key] = true
		}
	}
	t := emptyTable(columns, len(ns.NodeSelectorTerms))
	for i, term := range ns.NodeSelectorTerms {
		whole := &v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{term}}
		if _, err := nodeaffinity.NewNodeSelector(whole); err != nil {
			continue
		}
		if len(term.MatchExpressions) == 0 && len(term.MatchFields) == 0 {
			continue
		}
		t.alive.set(i)
		for _, r := range term.MatchExpressions {
			if !known[r.Key] {
				panic("the product has no key " + r.Key)
			}
		}
		for c, col := range columns {
			part := v1.NodeSelectorTerm{}
			if col.isName {
				part.MatchFields = term.MatchFields
			} else {
				for _, r := range term.MatchExpressions {
					if r.Key == col.key {
						part.MatchExpressions = append(part.MatchExpressions, r)
					}
				}
			}
			bare := len(part.MatchExpressions) == 0 && len(part.MatchFields) == 0
			if !bare {
				t.rest[c].set(i)
			}
			ns := required(&v1.NodeSelector{NodeSelectorTerms: []v1.NodeSelectorTerm{part}})
			for v, value := range col.values {
				ok := bare
				if !bare {
					ok, _ = ns.Match(col.node(value))
				}
				if ok {
					t.row[c][v].set(i)
				}
			}
		}
	}
	t.closeRest()
	return t
}

// state of one table while walking the columns: settled false, settled true, or open.
type state struct {
	settled bool
	value   bool
	alive   mask
}

func (t *table) start() state {
	if t.always {
		return state{settled: true, value: true}
	}
	return t.settle(0, t.alive)
}

func (t *table) settle(c int, alive mask) state {
	if !alive.any() {
		return state{settled: true}
	}
	if alive.anyOutside(t.rest[c]) {
		return state{settled: true, value: true}
	}
	return state{alive: alive}
}

func (t *table) step(s state, c, v int) state {
	if s.settled {
		return s
	}
	return t.settle(c+1, s.alive.and(t.row[c][v]))
}

func (s state) hash(to []byte) []byte {
	if s.settled {
		if s.value {
			return append(to, 1)
		}
		return append(to, 0)
	}
	to = append(to, 2)
	for _, w := range s.alive {
		to = binary.LittleEndian.AppendUint64(to, w)
	}
	return to
}

// rows answers, for each key and each of its values, which selectors that value
// leaves open: a string of 0 and 1, one for each selector; with `required` the
// same of its terms, for the names, too. Terms that match nothing are never open.
func rows(req *request) any {
	selectors, err := parseAll(req.Selectors)
	if err != nil {
		return map[string]string{"failure": err.Error()}
	}
	columns := labelColumns(req.Keys)
	if len(req.Names) > 0 {
		columns = append(columns, nameColumn(req.Names))
	}
	answer := rowsAnswer{Rows: map[string][]string{}, Terms: map[string][]string{}}
	t := selectorTable(columns, selectors)
	var terms *table
	if req.Required != nil {
		terms = termTable(columns, req.Required)
	}
	for c, col := range columns {
		rows := bits(t.row[c], len(selectors))
		var open []string
		if terms != nil {
			open = bits(terms.row[c], len(req.Required.NodeSelectorTerms))
		}
		if col.isName {
			answer.NameRows, answer.NameTerms = rows, open
		} else {
			answer.Rows[col.key], answer.Terms[col.key] = rows, open
		}
	}
	return answer
}

type rowsAnswer struct {
	Rows      map[string][]string `json:"rows"`
	Terms     map[string][]string `json:"terms"`
	NameRows  []string            `json:"nameRows"`
	NameTerms []string            `json:"nameTerms"`
}

// bits writes masks as strings of 0 and 1.
func bits(masks []mask, count int) []string {
	texts := make([]string, len(masks))
	for v, m := range masks {
		text := make([]byte, count)
		for i := range text {
			text[i] = bit(m[i/64]>>(i%64)&1 == 1)
		}
		texts[v] = string(text)
	}
	return texts
}

func nameColumn(names []string) column {
	c := column{isName: true}
	for i := range names {
		c.values = append(c.values, &names[i])
	}
	return c
}

func labelColumns(keys map[string][]*string) []column {
	columns := make([]column, 0, len(keys))
	for key, values := range keys {
		columns = append(columns, column{key: key, values: values})
	}
	sort.Slice(columns, func(i, j int) bool { return columns[i].key < columns[j].key })
	return columns
}

func parseAll(texts []string) ([]labels.Selector, error) {
	selectors := make([]labels.Selector, len(texts))
	for i, text := range texts {
		sel, err := labels.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
		selectors[i] = sel
	}
	return selectors, nil
}
