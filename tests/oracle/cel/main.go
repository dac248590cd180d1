// Command cel evaluates CEL expressions over Node objects in the environment of
// Kubernetes' own API server: one JSON request a line on standard input, one
// JSON answer a line on standard output.
//
// Functions, limits and costs are those of k8s.io/apiserver/pkg/cel/environment;
// nothing here decides what an expression means.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/cel-go/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/apiserver/pkg/cel/library"
)

type request struct {
	Expressions []string `json:"expressions"`
	Objects     []any    `json:"objects"`
}

type answer struct {
	// Results[e][o] is 1, 0, or E for an error, of expression e on object o.
	Results []string `json:"results"`
	// Cost is the largest cost of an evaluation.
	Cost uint64 `json:"cost"`
	// Error is the first error, of compiling or evaluating.
	Error string `json:"error,omitempty"`
}

func newEnv() (*cel.Env, error) {
	base := environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion())
	extended, err := base.Extend(environment.VersionedOptions{
		IntroducedVersion: environment.DefaultCompatibilityVersion(),
		EnvOptions:        []cel.EnvOption{cel.Variable("object", cel.DynType)},
	})
	if err != nil {
		return nil, err
	}
	return extended.NewExpressionsEnv(), nil
}

func evaluate(env *cel.Env, req *request) answer {
	var found answer
	note := func(err error) {
		if found.Error == "" {
			found.Error = err.Error()
		}
	}
	for _, expression := range req.Expressions {
		results := make([]byte, 0, len(req.Objects))
		compiled, issues := env.Compile(expression)
		if issues.Err() != nil {
			note(issues.Err())
			found.Results = append(found.Results, "")
			continue
		}
		program, err := env.Program(compiled,
			cel.CostTracking(&library.CostEstimator{}), cel.EvalOptions(cel.OptOptimize, cel.OptTrackCost))
		if err != nil {
			note(err)
			found.Results = append(found.Results, "")
			continue
		}
		for _, object := range req.Objects {
			value, details, err := program.Eval(map[string]any{"object": object})
			if details != nil && details.ActualCost() != nil && *details.ActualCost() > found.Cost {
				found.Cost = *details.ActualCost()
			}
			switch {
			case err != nil:
				note(err)
				results = append(results, 'E')
			case value.Value() == true:
				results = append(results, '1')
			default:
				results = append(results, '0')
			}
		}
		found.Results = append(found.Results, string(results))
	}
	return found
}

func main() {
	env, err := newEnv()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var req request
		if err := json.Unmarshal(line, &req); err != nil {
			_ = out.Encode(answer{Error: err.Error()})
			continue
		}
		_ = out.Encode(evaluate(env, &req))
	}
}
