// Command answer is a function for the tests of package binaries: it does what its event asks for.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Do   string // "exit", "panic", "fail", "hang", "meet"; anything else answers
	Meet string // the address that "meet" asks before it answers
}

type answer struct {
	PID       int
	Invoked   int
	Variables []string
}

func main() {
	if why := os.Getenv("FAIL"); why != "" {
		fmt.Println("cannot start:", why)
		os.Exit(1)
	}
	invoked := 0
	lambda.Start(func(ctx context.Context, e event) (answer, error) {
		invoked++
		fmt.Println("asked to", e.Do)
		switch e.Do {
		case "exit":
			fmt.Print("it was asked to")
			os.Exit(3)
		case "panic":
			panic("as asked")
		case "fail":
			return answer{}, json.Unmarshal([]byte("{"), &e)
		case "hang":
			select {}
		case "meet":
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Meet, nil)
			if err != nil {
				return answer{}, err
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				return answer{}, err
			}
			res.Body.Close()
		}
		return answer{os.Getpid(), invoked, os.Environ()}, nil
	})
}
