package main

import (
	"fmt"
	"math/big"
	"math/rand/v2"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// A product is the space of all nodes that carry, for each key, one of the
// given values (null: the key is absent) and one of the given names. It is
// looked at in two ways:
//
//   - directly: every point (if there are at most `direct`), or `sample` random
//     points, goes through labels.Selector.Matches and RequiredNodeAffinity.Match;
//   - by tables, always over the whole product: each requirement is evaluated by
//     upstream on each value of its one key, and the results are joined as the
//     API documents it: requirements ANDed, terms and selectors ORed. The direct
//     points test that joining, too.
type productAnswer struct {
	Points string `json:"points"`
	Direct uint64 `json:"direct"`
	// Mismatch is the first point where "required admits it and no selector
	// matches it" differs from "the affinity admits it".
	Mismatch *point `json:"mismatch"`
	// Outside is a point that no selector matches (and required admits).
	Outside *point `json:"outside"`
	// Matched is a point that some selector matches (and required admits).
	Matched *point `json:"matched"`
	// AffinityError is what NewNodeSelector says of the answer under test.
	AffinityError string `json:"affinityError,omitempty"`
}

type point struct {
	Name     string            `json:"name,omitempty"`
	Labels   map[string]string `json:"labels"`
	Matched  bool              `json:"matched"`
	Required bool              `json:"required"`
	Admitted bool              `json:"admitted"`
	How      string            `json:"how"`
}

type walker struct {
	columns                  []column
	selectors, required, got *table
	seen                     map[string]bool
	path                     []int
	answer                   *productAnswer
}

// walk visits every reachable combination of states once; two points that reach
// the same state at the same column cannot differ later.
func (w *walker) walk(c int, sel, req, got state) {
	if w.answer.Mismatch != nil && w.answer.Outside != nil && w.answer.Matched != nil {
		return
	}
	if sel.settled && req.settled && got.settled {
		w.visit(c, sel.value, req.value, got.value)
		return
	}
	key := string(got.hash(req.hash(sel.hash([]byte{byte(c)}))))
	if w.seen[key] {
		return
	}
	w.seen[key] = true
	for v := range w.columns[c].values {
		w.path[c] = v
		w.walk(c+1, w.selectors.step(sel, c, v), w.required.step(req, c, v), w.got.step(got, c, v))
	}
}

func (w *walker) visit(depth int, matched, req, admitted bool) {
	describe := func() *point {
		index := make([]int, len(w.columns))
		copy(index, w.path[:depth])
		p := pointAt(w.columns, index)
		p.Matched, p.Required, p.Admitted, p.How = matched, req, admitted, "tables"
		return p
	}
	w.answer.note(matched, req, admitted, describe)
}

func (a *productAnswer) note(matched, req, admitted bool, describe func() *point) {
	if a.Mismatch == nil && (req && !matched) != admitted {
		a.Mismatch = describe()
	}
	if a.Outside == nil && req && !matched {
		a.Outside = describe()
	}
	if a.Matched == nil && req && matched {
		a.Matched = describe()
	}
}

func pointAt(columns []column, index []int) *point {
	p := &point{Labels: map[string]string{}}
	for c, col := range columns {
		value := col.values[index[c]]
		switch {
		case value == nil:
		case col.isName:
			p.Name = *value
		default:
			p.Labels[col.key] = *value
		}
	}
	return p
}

func product(req *request) any {
	answer := &productAnswer{}
	columns := labelColumns(req.Keys)
	total := big.NewInt(1)
	if len(req.Names) > 0 {
		columns = append(columns, nameColumn(req.Names))
	}
	for _, c := range columns {
		if len(c.values) == 0 {
			return map[string]string{"failure": fmt.Sprintf("no values for %q", c.key)}
		}
		total.Mul(total, big.NewInt(int64(len(c.values))))
	}
	answer.Points = total.String()
	selectors, err := parseAll(req.Selectors)
	if err != nil {
		return map[string]string{"failure": err.Error()}
	}
	if req.Affinity != nil {
		if _, err := nodeaffinity.NewNodeSelector(req.Affinity); err != nil {
			answer.AffinityError = err.Error()
		}
	}
	whole := directly{columns, selectors, required(req.Required), required(req.Affinity), answer}
	if total.IsUint64() && total.Uint64() <= req.Direct {
		whole.all()
	} else {
		whole.some(req.Sample, req.Seed)
	}
	w := walker{
		columns: columns, seen: map[string]bool{}, path: make([]int, len(columns)), answer: answer,
		selectors: selectorTable(columns, selectors),
		required:  termTable(columns, req.Required),
		got:       termTable(columns, req.Affinity),
	}
	w.walk(0, w.selectors.start(), w.required.start(), w.got.start())
	return answer
}

type directly struct {
	columns   []column
	selectors []labels.Selector
	required  nodeaffinity.RequiredNodeAffinity
	got       nodeaffinity.RequiredNodeAffinity
	answer    *productAnswer
}

func (d *directly) at(index []int) {
	d.answer.Direct++
	p := pointAt(d.columns, index)
	node := nodeSpec{p.Name, p.Labels}.node()
	for _, sel := range d.selectors {
		if sel.Matches(labels.Set(p.Labels)) {
			p.Matched = true
			break
		}
	}
	p.Required, _ = d.required.Match(node)
	p.Admitted, _ = d.got.Match(node)
	p.How = "matcher"
	d.answer.note(p.Matched, p.Required, p.Admitted, func() *point { return p })
}

// all visits every point, keys sorted, the last key turning fastest.
func (d *directly) all() {
	index := make([]int, len(d.columns))
	for {
		d.at(index)
		c := len(index) - 1
		for ; c >= 0; c-- {
			index[c]++
			if index[c] < len(d.columns[c].values) {
				break
			}
			index[c] = 0
		}
		if c < 0 {
			return
		}
	}
}

func (d *directly) some(count int, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	index := make([]int, len(d.columns))
	for range count {
		for c := range index {
			index[c] = random.IntN(len(d.columns[c].values))
		}
		d.at(index)
	}
}
