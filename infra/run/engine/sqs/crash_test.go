package sqs_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"golang.org/x/sync/errgroup"

	"latchkey.dev/infra/run/engine/sqs"
)

// crashJournal, when set, makes the test binary the process that is going to be killed.
const crashJournal = "LATCHKEY_TEST_SQS_JOURNAL"

// TestMain sends messages for ever, and says which were answered, when it runs as that process.
func TestMain(m *testing.M) {
	path := os.Getenv(crashJournal)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := sendForEver(path); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func sendForEver(path string) error {
	e, err := sqs.New(sqs.Options{JournalPath: path})
	if err != nil {
		return err
	}
	c := client(e)
	var group errgroup.Group
	for sender := range 8 {
		group.Go(func() error {
			for n := 0; ; n++ {
				body := fmt.Sprintf("%d-%d", sender, n)
				url := "http://localhost/000000000000/jobs"
				in := &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &body}
				if _, err := c.SendMessage(testContext, in); err != nil {
					return err
				}
				if _, err := os.Stdout.WriteString(body + "\n"); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

func TestNoAnsweredMessageIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/sqs.log"
	e, err := sqs.New(sqs.Options{JournalPath: path})
	if err != nil {
		t.Fatal(err)
	}
	queue(t, client(e), "jobs", nil)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0]) //nolint:gosec // this test binary
	child.Env = append(os.Environ(), crashJournal+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var answered []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		answered = append(answered, lines.Text())
		if len(answered) == 400 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil {
		t.Error("the process was not killed")
	}
	again, _ := start(t, sqs.Options{JournalPath: path})
	kept := map[string]bool{}
	for _, m := range again.Overview()[0].Messages {
		kept[m.Body] = true
	}
	for _, body := range answered {
		if !kept[body] {
			t.Errorf("%s was answered and is lost", body)
		}
	}
	if len(answered) < 400 {
		t.Errorf("only %d messages were answered", len(answered))
	}
}
