package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

// versionCommand prints which program this is.
type versionCommand struct {
	output `embed:""`
}

// version is which program this is. Commit is empty where it was built without its repository.
type version struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"`
	Time     string `json:"time"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Run prints it.
func (c *versionCommand) Run(con *console) error {
	v := buildVersion()
	return c.print(con, v, func(w io.Writer) {
		fmt.Fprintln(w, "yipii", v.Version)
		if v.Commit != "" {
			changes := ""
			if v.Modified {
				changes = ", with changes"
			}
			fmt.Fprintf(w, "commit %s of %s%s\n", v.Commit, v.Time, changes)
		}
		fmt.Fprintln(w, v.Go, v.Platform)
	})
}

// buildVersion reads what the Go toolchain wrote into the program.
func buildVersion() version {
	v := version{Version: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			v.Commit = setting.Value
		case "vcs.time":
			v.Time = setting.Value
		case "vcs.modified":
			v.Modified = setting.Value == "true"
		}
	}
	return v
}
