package dynamodb_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	engine "latchkey.dev/infra/run/engine/dynamodb"
)

const crashVariable = "LATCHKEY_DYNAMODB_CRASH"

// TestMain is also the process that the crash test kills: it writes until it is gone, and says each write that has
// been answered.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashVariable); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

const crashWriters = 4

func writeUntilKilled(path string) {
	e, err := engine.New(engine.Options{JournalPath: path})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	db := client(e)
	var out sync.Mutex
	for w := range crashWriters {
		go func() {
			for {
				// Both counters of a writer, in one transaction.
				add := func(sk string) types.TransactWriteItem {
					return types.TransactWriteItem{Update: &types.Update{
						TableName: table, Key: item{"pk": text(strconv.Itoa(w)), "sk": text(sk)}, UpdateExpression: aws.String("ADD c :one"),
						ExpressionAttributeValues: item{":one": num(1)},
					}}
				}
				_, err := db.TransactWriteItems(context.Background(),
					&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{add("x"), add("y")}})
				out.Lock()
				if err != nil {
					fmt.Println("error", err)
				} else {
					fmt.Println("done", w)
				}
				out.Unlock()
			}
		}()
	}
	select {}
}

func TestWhatWasAnsweredSurvivesKill9(t *testing.T) {
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	path := filepath.Join(t.TempDir(), "dynamodb.log")
	e, err := engine.New(engine.Options{JournalPath: path})
	if err != nil {
		t.Fatal(err)
	}
	makeTable(t, client(e))
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	var answered [crashWriters]int
	for round := range rounds {
		lines := 1 + rand.IntN(400) //nolint:gosec // a test's dice
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), crashVariable+"="+path)
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		read := bufio.NewScanner(out)
		for n := 0; read.Scan(); n++ {
			if n == lines {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			which, ok := strings.CutPrefix(read.Text(), "done ")
			if !ok {
				// The last line may be torn by the end of the process.
				if strings.HasPrefix(read.Text(), "error") {
					t.Fatal(read.Text())
				}
				continue
			}
			w, err := strconv.Atoi(which)
			if err != nil {
				t.Fatal(err)
			}
			answered[w]++
		}
		_ = child.Wait() // it was killed

		e, err := engine.New(engine.Options{JournalPath: path})
		if err != nil {
			t.Fatal(err)
		}
		db := client(e)
		for w := range crashWriters {
			var c [2]int
			for i, sk := range []string{"x", "y"} {
				got, err := db.GetItem(t.Context(),
					&dynamodb.GetItemInput{TableName: table, Key: item{"pk": text(strconv.Itoa(w)), "sk": text(sk)}})
				if err != nil {
					t.Fatal(err)
				}
				if v, ok := got.Item["c"].(*types.AttributeValueMemberN); ok {
					c[i], _ = strconv.Atoi(v.Value)
				}
			}
			// One more than was said may have been done.
			if c[0] != c[1] || c[0] < answered[w] || c[0] > answered[w]+round+1 {
				t.Fatalf("round %d, writer %d: answered %d, there are %v", round, w, answered[w], c)
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("answered and found again: %v", answered)
}
