package local

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestAVersionIsNoTime has everything grow older, and with it an item whose version is as large as a time.
func TestAVersionIsNoTime(t *testing.T) {
	t.Parallel()
	l, err := Start(t.Context(), Options{InProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	db, table := dynamodb.NewFromConfig(l.Engine.Config()), &l.Stack.Template.Tables[0].Name
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "id#x"},
		"sk": &types.AttributeValueMemberS{Value: "x"}}
	const made = 1_700_000_000_000
	item := map[string]types.AttributeValue{"pk": key["pk"], "sk": key["sk"], "v": &types.AttributeValueMemberN{Value: "2000000000000"},
		"created": &types.AttributeValueMemberN{Value: strconv.Itoa(made)}}
	if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: item}); err != nil {
		t.Fatal(err)
	}
	if err := l.age(t.Context(), time.Second, false); err != nil {
		t.Fatal(err)
	}
	out, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	if v, at := number(out.Item["v"]), number(out.Item["created"]); v != "2000000000001" || at != strconv.Itoa(made-1000) {
		t.Errorf("its version is %s, and it was made at %s", v, at)
	}
}
