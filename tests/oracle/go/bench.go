package main

import (
	"sort"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

type benchAnswer struct {
	// Nanoseconds of each round, sorted; parsing and decoding are not in it.
	Nanoseconds []int64 `json:"nanoseconds"`
	// Matches counts the matching nodes of each selector, Admitted those the affinity admits.
	Matches  []int `json:"matches"`
	Admitted int   `json:"admitted"`
}

// bench matches every node against every selector and the affinity, `rounds` times.
func bench(req *request) any {
	selectors, err := parseAll(req.Selectors)
	if err != nil {
		return map[string]string{"failure": err.Error()}
	}
	nodes := make([]*v1.Node, len(req.Nodes))
	for i, n := range req.Nodes {
		nodes[i] = n.node()
	}
	affinity := required(req.Affinity)
	answer := benchAnswer{}
	for range max(1, req.Rounds) {
		answer.Matches = make([]int, len(selectors))
		answer.Admitted = 0
		start := time.Now()
		for _, node := range nodes {
			set := labels.Set(node.Labels)
			for s, sel := range selectors {
				if sel.Matches(set) {
					answer.Matches[s]++
				}
			}
			if ok, _ := affinity.Match(node); ok {
				answer.Admitted++
			}
		}
		answer.Nanoseconds = append(answer.Nanoseconds, time.Since(start).Nanoseconds())
	}
	sort.Slice(answer.Nanoseconds, func(i, j int) bool { return answer.Nanoseconds[i] < answer.Nanoseconds[j] })
	return answer
}
