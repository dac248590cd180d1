// Command oracle answers questions about label selectors and node affinity with
// Kubernetes' own code: one JSON request a line on standard input, one JSON
// answer a line on standard output, in the same order.
//
// Nothing here decides what a selector means: parsing and matching are
// k8s.io/apimachinery/pkg/labels and
// k8s.io/component-helpers/scheduling/corev1/nodeaffinity.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

type nodeSpec struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

func (n nodeSpec) node() *v1.Node {
	return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: n.Labels}}
}

type request struct {
	Op            string                `json:"op"`
	Selector      string                `json:"selector"`
	LabelSelector *metav1.LabelSelector `json:"labelSelector"`
	Selectors     []string              `json:"selectors"`
	// Affinity is the answer under test; nil stands for "no required block".
	Affinity *v1.NodeSelector `json:"affinity"`
	// Required is what the workload already required; nil admits every node.
	Required *v1.NodeSelector     `json:"required"`
	Nodes    []nodeSpec           `json:"nodes"`
	Keys     map[string][]*string `json:"keys"`
	Names    []string             `json:"names"`
	Direct   uint64               `json:"direct"`
	Sample   int                  `json:"sample"`
	Seed     uint64               `json:"seed"`
	Rounds   int                  `json:"rounds"`
	Requests []json.RawMessage    `json:"requests"`
}

type requirement struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

type parseAnswer struct {
	OK           bool          `json:"ok"`
	Error        string        `json:"error,omitempty"`
	Text         string        `json:"text"`
	Nothing      bool          `json:"nothing,omitempty"`
	Requirements []requirement `json:"requirements"`
}

type matchAnswer struct {
	// Errors of parsing, by selector position; absent where it parsed.
	Errors map[int]string `json:"errors,omitempty"`
	// AffinityError is what NewNodeSelector reports, before any node is looked at.
	AffinityError string `json:"affinityError,omitempty"`
	// Matches[n][s] tells whether selector s matches node n: a string of 0 and 1.
	Matches  []string `json:"matches"`
	Admitted string   `json:"admitted"`
}

func required(ns *v1.NodeSelector) nodeaffinity.RequiredNodeAffinity {
	pod := &v1.Pod{}
	if ns != nil {
		pod.Spec.Affinity = &v1.Affinity{NodeAffinity: &v1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: ns}}
	}
	return nodeaffinity.GetRequiredNodeAffinity(pod)
}

func describe(sel labels.Selector) parseAnswer {
	answer := parseAnswer{OK: true, Text: sel.String(), Requirements: []requirement{}}
	reqs, selectable := sel.Requirements()
	answer.Nothing = !selectable
	for _, r := range reqs {
		values := r.ValuesUnsorted()
		if values == nil {
			values = []string{}
		}
		sort.Strings(values)
		answer.Requirements = append(answer.Requirements,
			requirement{Key: r.Key(), Operator: string(r.Operator()), Values: values})
	}
	return answer
}

func parse(text string) any {
	sel, err := labels.Parse(text)
	if err != nil {
		return parseAnswer{Error: err.Error()}
	}
	return describe(sel)
}

func parseLabelSelector(ls *metav1.LabelSelector) any {
	sel, err := metav1.LabelSelectorAsSelector(ls)
	if err != nil {
		return parseAnswer{Error: err.Error()}
	}
	return describe(sel)
}

func match(req *request) any {
	answer := matchAnswer{Errors: map[int]string{}, Matches: []string{}}
	selectors := make([]labels.Selector, len(req.Selectors))
	for i, text := range req.Selectors {
		sel, err := labels.Parse(text)
		if err != nil {
			answer.Errors[i] = err.Error()
			continue
		}
		selectors[i] = sel
	}
	if req.Affinity != nil {
		if _, err := nodeaffinity.NewNodeSelector(req.Affinity); err != nil {
			answer.AffinityError = err.Error()
		}
	}
	affinity := required(req.Affinity)
	var admitted strings.Builder
	for _, n := range req.Nodes {
		var row strings.Builder
		for _, sel := range selectors {
			row.WriteByte(bit(sel != nil && sel.Matches(labels.Set(n.Labels))))
		}
		answer.Matches = append(answer.Matches, row.String())
		// An error surfaces only where no term matched: upstream's callers drop it too.
		ok, _ := affinity.Match(n.node())
		admitted.WriteByte(bit(ok))
	}
	answer.Admitted = admitted.String()
	return answer
}

func bit(b bool) byte {
	if b {
		return '1'
	}
	return '0'
}

func answer(line []byte) (result any) {
	defer func() {
		if r := recover(); r != nil {
			result = map[string]string{"failure": fmt.Sprint(r)}
		}
	}()
	var req request
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&req); err != nil {
		return map[string]string{"failure": "unreadable request: " + err.Error()}
	}
	switch req.Op {
	case "parse":
		return parse(req.Selector)
	case "labelSelector":
		return parseLabelSelector(req.LabelSelector)
	case "match":
		return match(&req)
	case "product":
		return product(&req)
	case "rows":
		return rows(&req)
	case "bench":
		return bench(&req)
	case "batch":
		answers := make([]any, len(req.Requests))
		for i, one := range req.Requests {
			answers[i] = answer(one)
		}
		return map[string]any{"answers": answers}
	}
	return map[string]string{"failure": "unknown op " + req.Op}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if failed := encoder.Encode(answer(line)); failed != nil {
				fmt.Fprintln(os.Stderr, failed)
				os.Exit(1)
			}
			out.Flush()
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
