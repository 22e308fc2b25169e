package main

import (
	"bufio"
	"context"
	"io"
	"regexp"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestTheEngineServesUntilItIsStoppedAndKeepsItsState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, queues := range []int{0, 1} {
		ctx, stop := context.WithCancel(t.Context())
		r, w := io.Pipe()
		done := make(chan error, 1)
		go func() { done <- run(ctx, "127.0.0.1:0", dir, w) }()
		line, err := bufio.NewReader(r).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
		client := sqs.New(sqs.Options{Region: "us-east-1", BaseEndpoint: aws.String(url),
			Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
		list, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
		if err != nil || len(list.QueueUrls) != queues {
			t.Fatalf("%d queues, %v; want %d", len(list.QueueUrls), err, queues)
		}
		if _, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("mail")}); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}
