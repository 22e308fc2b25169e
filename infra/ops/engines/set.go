package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// engine is a program that is installed and started by a script of this repository: with INSTALL_ONLY=1 the script
// installs into ENGINE_DIR, otherwise it listens on 127.0.0.1:PORT until it is told to end.
type engine struct {
	name   string
	script string
	// ready is the path that answers as soon as the engine does, with whatever status.
	ready string
}

var (
	dynamoDBLocal = engine{"dynamodb-local", "infra/ops/engines/dynamodb-local.sh", "/"}
	elasticMQ     = engine{"elasticmq", "infra/ops/engines/elasticmq.sh", "/"}
	localStack    = engine{"localstack", "infra/ops/localstack/host.sh", "/_localstack/health"}
	miniStack     = engine{"ministack", "infra/ops/engines/ministack.sh", "/_ministack/health"}
	moto          = engine{"moto", "infra/ops/engines/moto.sh", "/moto-api/"}
)

// set is a whole AWS, as far as it goes, put together from engines: which one is each service's. What is nobody's is
// the embedded engine's.
type set struct {
	name     string
	about    string
	services map[string]engine // "dynamodb", "sqs", "sesv2"
	suites   []suite
	asked    bool // it is taken only when it is named
	// bring has the product run otherwise than in its embedded host, and answers the variables by which suites find it.
	// stop is never nil.
	bring func(ctx context.Context, folder string) (env []string, stop func() error, err error)
	// tests are those of the API that are run; all when empty, or with -all.
	tests []string
	// not are those that are not run, even with -all.
	not []string
}

var sets = []set{
	{"vendor", "DynamoDB Local and ElasticMQ", map[string]engine{"dynamodb": dynamoDBLocal, "sqs": elasticMQ},
		[]suite{table, queues, product}, false, nil, nil, nil},
	{"localstack", "LocalStack community, host mode", map[string]engine{"dynamodb": localStack, "sqs": localStack},
		[]suite{table, queues, product}, false, nil, nil, nil},
	{"ministack", "MiniStack", map[string]engine{"dynamodb": miniStack, "sqs": miniStack, "sesv2": miniStack},
		[]suite{table, queues, mail, product}, false, nil, nil, nil},
	{"moto", "moto, one DynamoDB request at a time", map[string]engine{"dynamodb": moto, "sqs": moto}, []suite{table, queues, product},
		false, nil, nil,
		// Each transaction copies the whole table, so that thousands of items take a quarter of an hour.
		[]string{"TestALargeAgencyIsPurgedInSteps", "TestASearchInACrowdIsBoundedAndComplete"}},
	{"sam", "sam local, and the embedded engine", nil, []suite{product, walk}, true, underSAM, samTests, nil},
	{"lambdas", "template.yaml deployed on MiniStack", nil, []suite{product, walk}, true, onLambda, nil, nil},
}

// engines are those of the set, each once.
func (s set) engines() []engine {
	var all []engine
	have := map[string]bool{}
	for _, service := range services {
		if e, ok := s.services[service]; ok && !have[e.name] {
			have[e.name] = true
			all = append(all, e)
		}
	}
	return all
}

var services = []string{"dynamodb", "sqs", "sesv2"}

// errInstall says that an engine could not be fetched, which is the network's fault more often than anybody else's.
var errInstall = errors.New("cannot be installed")

func (e engine) install(ctx context.Context, folder string) error {
	c := exec.CommandContext(ctx, e.script)
	c.Env = append(os.Environ(), "INSTALL_ONLY=1", "ENGINE_DIR="+filepath.Join(folder, e.name))
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s %w: %w", e.name, errInstall, err)
	}
	return nil
}

// process is a program that runs until it is stopped.
type process struct {
	command *exec.Cmd
	name    string
	log     *os.File
	ended   chan error
}

// run starts a program in a process group of its own, with its output in a file, and returns when ready answers.
func run(ctx context.Context, folder, name, ready string, env []string, program string, args ...string) (*process, error) {
	log, err := os.Create(filepath.Join(folder, "log", name+".log"))
	if err != nil {
		return nil, err
	}
	c := exec.Command(program, args...)
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	p := &process{command: c, name: name, log: log, ended: make(chan error, 1)}
	go func() { p.ended <- c.Wait() }()
	if err := p.await(ctx, ready); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w; see %s", name, err, log.Name()), p.stop())
	}
	return p, nil
}

// patience is how long an engine may take until it answers: LocalStack takes half a minute on a busy machine.
const patience = 2 * time.Minute

func (p *process) await(ctx context.Context, ready string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, ready, nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(r); err == nil {
			return res.Body.Close()
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("it ended before it answered: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
	}
}

// grace is how long a process may take to end by itself: sam local takes away a container for each function.
const grace = time.Minute

// stop ends the process and its children.
func (p *process) stop() error {
	group := -p.command.Process.Pid
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(group, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
		select {
		case <-p.ended: //nolint:errcheck // that it was stopped is no error
			// a child that did not go with it
			if err := syscall.Kill(group, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return errors.Join(err, p.log.Close())
			}
			return p.log.Close()
		case <-time.After(grace):
		}
	}
	return errors.Join(fmt.Errorf("%s (process %d) does not end", p.name, p.command.Process.Pid), p.log.Close())
}

// port is one that nobody listens on.
func port() (string, error) {
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer on.Close() //nolint:errcheck // nothing was served
	return strconv.Itoa(on.Addr().(*net.TCPAddr).Port), nil
}
