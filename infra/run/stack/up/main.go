// Command up makes the table, the queues and the mail resources that template.yaml declares, through the AWS SDK, on
// whatever endpoint answers: the embedded engine (make aws), LocalStack, moto, DynamoDB Local beside ElasticMQ, or AWS
// itself. It may be run again; what is there is brought to the template's settings.
//
//	go run ./infra/run/stack/up -endpoint http://127.0.0.1:4566
//	AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000 AWS_ENDPOINT_URL_SQS=http://127.0.0.1:9324 go run ./infra/run/stack/up -without sesv2
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "up:", err)
		os.Exit(1)
	}
}

// patience is how long everything may take: LocalStack makes its first table in five seconds.
const patience = 2 * time.Minute

// order is what the arguments ask for.
type order struct {
	endpoint   string
	template   string
	without    string
	variables  string
	secrets    bool
	parameters map[string]string
}

func parse(args []string, out io.Writer) (order, error) {
	o := order{parameters: map[string]string{}}
	f := flag.NewFlagSet("up", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.endpoint, "endpoint", "",
		"an emulator's `URL` for every service; AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE> count where it is not given")
	f.StringVar(&o.template, "template", "template.yaml", "the template's `file`")
	f.StringVar(&o.without, "without", "", "`services` that the endpoint does not have, separated by commas: dynamodb, sqs, sesv2")
	f.StringVar(&o.variables, "env", "", "a `file` to write every function's variables to, as sam local takes them with -n")
	f.BoolVar(&o.secrets, "secrets", false, "make the SecureString parameters that functions read, where they are not there yet")
	f.Func("param", "a template parameter, as `NAME=VALUE`; may be repeated", func(s string) error {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			return errors.New("write it as NAME=VALUE")
		}
		o.parameters[name] = value
		return nil
	})
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is no argument; see -h", f.Arg(0))
	}
	return o, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	o, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cfg, emulator, err := o.configuration(ctx, getenv)
	if err != nil {
		return err
	}
	if emulator { // nobody's deployment: any origin does
		for name, value := range map[string]string{"Origin": "http://localhost:3000", "MailFrom": "invites@mail.latchkey.example"} {
			if _, given := o.parameters[name]; !given {
				o.parameters[name] = value
			}
		}
		if o.endpoint != "" && o.parameters["AwsEndpointUrl"] == "" {
			o.parameters["AwsEndpointUrl"] = o.endpoint
		}
	}
	declared, err := template.Read(o.template, template.Inputs{Parameters: o.parameters, Region: cfg.Region})
	if err != nil {
		return err
	}
	var options []stack.Option
	for service := range strings.FieldsFuncSeq(o.without, func(r rune) bool { return r == ',' || r == ' ' }) {
		options = append(options, stack.Without(service))
	}
	made, err := stack.Up(ctx, cfg, declared, options...)
	if err != nil {
		return err
	}
	report(out, made.Template, o.without)
	if o.secrets {
		if err := secrets(ctx, cfg, made, out); err != nil {
			return err
		}
	}
	if o.variables != "" {
		return write(o.variables, made, out)
	}
	return nil
}

// configuration is the SDK's own, which reads the environment and the profile; an emulator takes any credentials, so
// that none need to be there.
func (o order) configuration(ctx context.Context, getenv func(string) string) (cfg aws.Config, emulator bool, err error) {
	for _, name := range []string{"", "_DYNAMODB", "_SQS", "_SESV2"} {
		emulator = emulator || o.endpoint != "" || getenv("AWS_ENDPOINT_URL"+name) != ""
	}
	var with []func(*config.LoadOptions) error
	if emulator && getenv("AWS_ACCESS_KEY_ID") == "" && getenv("AWS_PROFILE") == "" {
		with = append(with, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	}
	if emulator && getenv("AWS_REGION") == "" && getenv("AWS_DEFAULT_REGION") == "" {
		with = append(with, config.WithRegion("us-east-1"))
	}
	if o.endpoint != "" {
		with = append(with, config.WithBaseEndpoint(o.endpoint))
	}
	if cfg, err = config.LoadDefaultConfig(ctx, with...); err != nil {
		return cfg, emulator, err
	}
	if cfg.Region == "" {
		return cfg, emulator, errors.New("which region? Set AWS_REGION")
	}
	return cfg, emulator, nil
}

func report(out io.Writer, t *template.Template, without string) {
	line := func(service, what, name string) {
		if !strings.Contains(without, service) {
			fmt.Fprintf(out, "%-20s %s\n", what, name) //nolint:errcheck // a terminal
		}
	}
	for _, x := range t.Tables {
		line("dynamodb", "table", x.Name)
	}
	for _, x := range t.Queues {
		line("sqs", "queue", x.URL)
	}
	for _, x := range t.Identities {
		line("sesv2", "identity", x.Name)
	}
	for _, x := range t.ConfigurationSets {
		line("sesv2", "configuration set", x.Name)
	}
}

// secrets makes what functions read through a variable that ends with _PARAMETER. One that is there stays as it is: its
// value is what stored data was made with.
func secrets(ctx context.Context, cfg aws.Config, made *stack.Stack, out io.Writer) error {
	all, err := made.Variables()
	if err != nil {
		return err
	}
	client := ssm.NewFromConfig(cfg)
	for _, variable := range slices.Sorted(maps.Keys(all)) {
		if !strings.HasSuffix(variable, "_PARAMETER") || all[variable] == "" { // empty: what needs it is not in use
			continue
		}
		value := make([]byte, 32)
		rand.Read(value) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
		_, err := client.PutParameter(ctx,
			&ssm.PutParameterInput{Name: aws.String(all[variable]), Type: types.ParameterTypeSecureString,
				Value: aws.String(hex.EncodeToString(value))})
		var there *types.ParameterAlreadyExists
		switch {
		case errors.As(err, &there):
			fmt.Fprintf(out, "%-20s %s (was there)\n", "secret", all[variable]) //nolint:errcheck // a terminal
		case err != nil:
			return fmt.Errorf("secret %s: %w", all[variable], err)
		default:
			fmt.Fprintf(out, "%-20s %s\n", "secret", all[variable]) //nolint:errcheck // a terminal
		}
	}
	return nil
}

// write keeps every function's variables in the file, as {"Invites": {"TABLE_NAME": "…"}}.
func write(path string, made *stack.Stack, out io.Writer) error {
	all := map[string]map[string]string{}
	for _, f := range made.Template.Functions {
		all[f.ID] = made.Environment(f.ID)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%-20s %s\n", "variables", path)
	return err
}
