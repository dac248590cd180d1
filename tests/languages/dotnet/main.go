// Generates the .NET SDK from a package's schema with Pulumi's own generator: dotnetgen SCHEMA FOLDER.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	schemaFile, folder := os.Args[1], os.Args[2]
	var spec schema.PackageSpec
	must(0, json.Unmarshal(must(os.ReadFile(schemaFile)), &spec))
	// The generator downloads Pulumi's logo for a package that has none. Here it finds no file, and no network is used.
	http.DefaultTransport.(*http.Transport).RegisterProtocol("file", http.NewFileTransport(http.Dir(folder)))
	spec.LogoURL = "file:///no-logo"
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewPluginLoader(nil), schema.ValidationOptions{})
	if must(pkg, err); len(diagnostics) > 0 {
		log.Fatal(diagnostics)
	}
	for name, content := range must(dotnet.GeneratePackage("pulumi-openkruise tests", pkg, nil, nil)) {
		path := filepath.Join(folder, name)
		must(0, os.MkdirAll(filepath.Dir(path), 0o755))
		must(0, os.WriteFile(path, content, 0o644))
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
