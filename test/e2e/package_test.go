package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTypesAreOfTheDescription: the types of our clients are what their generators make of clients/openapi.json.
func TestTypesAreOfTheDescription(t *testing.T) {
	const again = "run make describe, and commit what it changes"
	t.Run("go", func(t *testing.T) {
		makefile, err := os.ReadFile("../../Makefile")
		must(t, err)
		tool := regexp.MustCompile(`(?m)^OAPI := (\S+)$`).FindSubmatch(makefile)
		if tool == nil {
			t.Fatal("the Makefile names no oapi-codegen")
		}
		made := filepath.Join(t.TempDir(), "types.go")
		config, err := os.ReadFile("../../client/oapi-codegen.yaml")
		must(t, err)
		elsewhere := filepath.Join(t.TempDir(), "config.yaml")
		must(t, os.WriteFile(elsewhere, bytes.Replace(config, []byte("client/types.go"), []byte(made), 2), 0o600))
		cmd := exec.Command("go", "run", string(tool[1]), "-config", elsewhere, "clients/openapi.json")
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		same(t, made, "../../client/types.go", again)
	})
	t.Run("typescript", func(t *testing.T) {
		const folder = typescript
		node(t, folder)
		var pack struct{ Scripts struct{ Generate string } }
		text, err := os.ReadFile(folder + "/package.json")
		must(t, err)
		must(t, json.Unmarshal(text, &pack))
		made := filepath.Join(t.TempDir(), "schema.ts")
		args := strings.Fields(strings.Replace(pack.Scripts.Generate, "src/schema.ts", made, 1))
		cmd := exec.Command("node", append([]string{"node_modules/openapi-typescript/bin/cli.js"}, args[1:]...)...)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		same(t, made, folder+"/src/schema.ts", again)
	})
	t.Run("php", func(t *testing.T) {
		php(t)
		made := t.TempDir()
		if out, err := exec.Command("php", "../../clients/php/generate.php", made).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		same(t, made+"/Operations.php", "../../clients/php/src/Operations.php", again)
		files, err := filepath.Glob(made + "/Model/*.php")
		must(t, err)
		kept, err := filepath.Glob("../../clients/php/src/Model/*.php")
		must(t, err)
		if len(files) != len(kept) || len(kept) < 50 {
			t.Errorf("%d classes are made and %d are there: %s", len(files), len(kept), again)
		}
		for _, file := range files {
			same(t, file, "../../clients/php/src/Model/"+filepath.Base(file), again)
		}
		read := append([]string{"-r", `foreach (array_slice($argv, 1) as $f) token_get_all(file_get_contents($f), TOKEN_PARSE);`, "--"}, kept...)
		if out, err := exec.Command("php", read...).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

func same(t *testing.T, made, kept, otherwise string) {
	t.Helper()
	a, err := os.ReadFile(made)
	must(t, err)
	b, err := os.ReadFile(kept)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("%s is not what is made of the description: %s", kept, otherwise)
	}
}

// TestSamplesOfClients runs the samples of our clients' READMEs, each a whole program, against the program.
func TestSamplesOfClients(t *testing.T) {
	t.Parallel()
	in := install(t, "sqlite:"+filepath.Join(t.TempDir(), "yipii.db"))
	in.serve()
	in.asset(in.token(in.made.ClientID, in.made.ClientSecret), "Van 1", "350000000000001")
	environment := append(os.Environ(), "YIPII_URL="+in.url, "YIPII_CLIENT_ID="+in.made.ClientID, "YIPII_CLIENT_SECRET="+in.made.ClientSecret, "YIPII_ACCOUNT_KEY="+in.made.AccountKey)
	run := func(t *testing.T, folder, name string, args ...string) {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env, cmd.Dir = environment, folder
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Van 1") {
			t.Errorf("%v\n%s", err, out)
		}
	}
	t.Run("go", func(t *testing.T) {
		for _, text := range samples(t, "../../client/README.md", "go") {
			file := filepath.Join(t.TempDir(), "main.go")
			must(t, os.WriteFile(file, []byte(text), 0o600))
			run(t, "../..", "go", "run", file)
		}
	})
	t.Run("typescript", func(t *testing.T) {
		modules := filepath.Dir(filepath.Dir(filepath.Dir(typescriptPackage(t)))) // beside node_modules
		compiler, err := filepath.Abs(typescript + "/node_modules/typescript/bin/tsc")
		must(t, err)
		names := []string{}
		for i, text := range samples(t, typescript+"/README.md", "ts") {
			names = append(names, fmt.Sprintf("sample%d", i))
			must(t, os.WriteFile(filepath.Join(modules, names[i]+".mts"), []byte(text), 0o600))
		}
		must(t, os.WriteFile(filepath.Join(modules, "env.d.mts"), []byte("declare global { const process: { env: Record<string, string> } }\nexport {};\n"), 0o600))
		must(t, os.WriteFile(filepath.Join(modules, "tsconfig.json"), []byte(`{"compilerOptions":{"strict":true,"target":"es2022","module":"nodenext","types":[]}}`), 0o600))
		cmd := exec.Command("node", compiler, "--project", ".")
		cmd.Dir = modules
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("tsc: %v\n%s", err, out)
		}
		for _, name := range names {
			run(t, modules, "node", name+".mjs")
		}
	})
	t.Run("php", func(t *testing.T) {
		php(t)
		folder := t.TempDir()
		must(t, os.Mkdir(filepath.Join(folder, "vendor"), 0o700))
		folderOf, err := filepath.Abs("../../clients/php")
		must(t, err)
		var composer struct {
			Autoload struct {
				PSR4 map[string]string `json:"psr-4"`
			}
		}
		text, err := os.ReadFile(folderOf + "/composer.json")
		must(t, err)
		must(t, json.Unmarshal(text, &composer))
		if composer.Autoload.PSR4[`Yipii\Client\`] != "src/" {
			t.Errorf("composer.json finds no classes: %v", composer)
		}
		must(t, os.WriteFile(filepath.Join(folder, "vendor/autoload.php"), []byte("<?php require '"+folderOf+"/autoload.php';"), 0o600))
		for _, text := range samples(t, "../../clients/php/README.md", "php") {
			must(t, os.WriteFile(filepath.Join(folder, "sample.php"), []byte(text), 0o600))
			run(t, folder, "php", "sample.php")
		}
	})
}

// samples takes the code blocks of a language out of a document.
func samples(t *testing.T, file, language string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	var out []string
	for _, found := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		out = append(out, found[1])
	}
	if len(out) == 0 {
		t.Fatalf("%s has no sample in %s", file, language)
	}
	return out
}
