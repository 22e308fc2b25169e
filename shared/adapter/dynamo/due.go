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
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/sweep"
)

const byDue = "by-due"

// shards is how many partitions the due index is spread over: one takes 1,000 writes a second, and each is one more
// Query per sweep.
const shards = 4

func shardOf(s string) string { return shardName(int(crc32.ChecksumIEEE([]byte(s)) % shards)) }

func shardName(n int) string { return "due#" + strconv.Itoa(n) }

// watchShard is the partition of the due index that an instance is in while it is called by itself. It is not the sweep's,
// which must not wait for somebody else's server.
func watchShard(pk string, which id.Resource) string {
	return watchName(int(crc32.ChecksumIEEE([]byte(pk+string(which))) % shards))
}

func watchName(n int) string { return "watch#" + strconv.Itoa(n) }

// uncalled lists at most limit instances of a shard that are due to be called, longest due first.
func (t *Table) uncalled(ctx context.Context, shard int, now time.Time, limit int) ([]resources.Due, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, IndexName: aws.String(byDue),
		Limit:                     aws.Int32(int32(limit)), //nolint:gosec // a small constant
		KeyConditionExpression:    aws.String("dp = :d AND due <= :n"),
		ExpressionAttributeValues: item{":d": str(watchName(shard)), ":n": at(now)}})
	if err != nil {
		return nil, outside(err)
	}
	var out []resources.Due
	for _, i := range res.Items {
		r := &reader{item: i}
		if which, ok := strings.CutPrefix(r.s("sk"), thingPrefix); ok {
			out = append(out, resources.Due{Agency: id.Agency(r.s("pk")), Resource: id.Resource(which)})
		}
	}
	return out, nil
}

// overdue lists at most limit things whose due time is past in a shard, oldest first, or newest first.
func (t *Table) overdue(ctx context.Context, shard int, now time.Time, limit int, newest bool) ([]sweep.Due, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, IndexName: aws.String(byDue), ScanIndexForward: aws.Bool(!newest),
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
		case strings.HasPrefix(sk, rolePrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Role: id.Role(sk[len(rolePrefix):])})
		case strings.HasPrefix(sk, noticePrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Event: id.Event(sk[len(noticePrefix):])})
		case strings.HasPrefix(sk, boxPrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Box: id.Member(sk[len(boxPrefix):])})
		case strings.HasPrefix(sk, domainPrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Domain: id.SenderDomain(sk[len(domainPrefix):])})
		case strings.HasPrefix(sk, requestPrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Request: id.Ref(sk[len(requestPrefix):])})
		case strings.HasPrefix(sk, batchPrefix):
			out = append(out, sweep.Due{Agency: id.Agency(pk), Batch: id.Batch(sk[len(batchPrefix):])})
		case sk == senderItem:
			out = append(out, sweep.Due{Agency: id.Agency(pk), Sender: true})
		case sk == sharingItem:
			out = append(out, sweep.Due{Agency: id.Agency(pk), Joins: true})
		case sk == powersItem:
			out = append(out, sweep.Due{Agency: id.Agency(pk), Powers: true})
		case sk == agencyItem:
			out = append(out, sweep.Due{Agency: id.Agency(pk)})
		case strings.HasPrefix(sk, codePrefix):
			out = append(out, sweep.Due{User: id.User(strings.TrimPrefix(pk, userPrefix)), Code: strings.TrimPrefix(sk, codePrefix)})
		}
	}
	return out, nil
}
