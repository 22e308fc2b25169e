package dynamo

import (
	"context"
	"hash/crc32"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/sweep"
)

const byDue = "by-due"

// shards is how many partitions the due index is spread over: one takes 1,000 writes a second, and each is one more
// Query per sweep.
const shards = 4

func shardOf(s string) string { return shardName(int(crc32.ChecksumIEEE([]byte(s)) % shards)) }

func shardName(n int) string { return "due#" + strconv.Itoa(n) }

// overdue lists at most limit things whose due time is past in a shard, oldest first.
func (t *Table) overdue(ctx context.Context, shard int, now time.Time, limit int) ([]sweep.Due, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, IndexName: aws.String(byDue),
		Limit:                     aws.Int32(int32(limit)), //nolint:gosec // a small constant
		KeyConditionExpression:    aws.String("dp = :d AND due <= :n"),
		ExpressionAttributeValues: item{":d": str(shardName(shard)), ":n": at(now)}}
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, outside(err)
	}
	var out []sweep.Due
	for _, i := range res.Items {
		r := &reader{item: i}
		pk, sk := r.s("pk"), r.s("sk")
		switch {
		case strings.HasPrefix(sk, clientPrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Ref: id.Ref(sk[len(clientPrefix):])})
		case strings.HasPrefix(sk, memberPrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Member: id.Member(sk[len(memberPrefix):])})
		case sk == agencyItem:
			out = append(out, sweep.Due{Agency: id.Agency(pk)})
		case strings.HasPrefix(sk, codePrefix):
			out = append(out, sweep.Due{User: id.User(strings.TrimPrefix(pk, userPrefix)), Code: strings.TrimPrefix(sk, codePrefix)})
		}
	}
	return out, nil
}
