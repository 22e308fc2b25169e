// Command salvage saves what can be read of the logs in a folder that DATA named, when the run refuses to start since one of
// them is damaged:
//
//	go run ./infra/run/engine/salvage FOLDER …
//
// A log that is sound is left as it is. A damaged one is made anew of its sound records, and stays beside it as NAME.log.damaged.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"latchkey.dev/infra/run/engine/journal"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "salvage:", err)
		os.Exit(1)
	}
}

func run(folders []string, out io.Writer) error {
	if len(folders) == 0 {
		return errors.New("name the folder that DATA named: go run ./infra/run/engine/salvage FOLDER")
	}
	for _, folder := range folders {
		logs, err := filepath.Glob(filepath.Join(folder, "*.log"))
		if err != nil {
			return err
		}
		if len(logs) == 0 {
			return fmt.Errorf("%s has no log, such as dynamodb.log", folder)
		}
		for _, log := range logs {
			s, err := journal.Salvage(log)
			if err != nil {
				return err
			}
			if s.Old == "" {
				fmt.Fprintf(out, "%s is sound: %d records\n", log, s.Records) //nolint:errcheck // a terminal
				continue
			}
			fmt.Fprintf(out, "%s: %d records saved; %d bytes lost in %d places. What it was is in %s\n", //nolint:errcheck // a terminal
				log, s.Records, s.Lost, s.Gaps, s.Old)
		}
	}
	return nil
}
