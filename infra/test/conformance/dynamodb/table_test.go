package dynamodb_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const notFound = "ResourceNotFoundException"

func TestATableIsDescribedAsItWasMade(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeInclude, "a", "b"))
	out, err := x.db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: x.name})
	if err != nil {
		t.Fatal(err)
	}
	d := out.Table
	if *d.TableName != *x.name || d.TableStatus != types.TableStatusActive || d.CreationDateTime == nil || aws.ToString(d.TableArn) == "" {
		t.Errorf("%+v", d)
	}
	if len(d.KeySchema) != 2 || *d.KeySchema[1].AttributeName != "sk" || d.KeySchema[1].KeyType != types.KeyTypeRange ||
		len(d.AttributeDefinitions) != 4 {
		t.Errorf("%+v", d)
	}
	if d.BillingModeSummary.BillingMode != types.BillingModePayPerRequest {
		t.Errorf("%+v", d.BillingModeSummary)
	}
	g := d.GlobalSecondaryIndexes
	if len(g) != 1 || *g[0].IndexName != "due" || g[0].IndexStatus != types.IndexStatusActive ||
		g[0].Projection.ProjectionType != types.ProjectionTypeInclude ||
		!slices.Equal(g[0].Projection.NonKeyAttributes, []string{"a", "b"}) || *g[0].KeySchema[0].AttributeName != "g" {
		t.Errorf("%+v", g)
	}
}

func TestTablesAreListedInPages(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	y := newTableOn(t, x.db)
	var names []string
	pages := dynamodb.NewListTablesPaginator(x.db, &dynamodb.ListTablesInput{Limit: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, page.TableNames...)
	}
	if !slices.Contains(names, *x.name) || !slices.Contains(names, *y.name) || !slices.IsSorted(names) && endpoint() == "" {
		t.Error(names)
	}
}

func TestATableIsMadeOnce(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	_, err := x.db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: x.name, BillingMode: types.BillingModePayPerRequest, KeySchema: keySchema("pk"),
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}},
	})
	refused(t, err, "ResourceInUseException", "")
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	db := newClient(t)
	name := aws.String(uniqueName(t))
	_, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: name})
	refused(t, err, notFound, "")
	_, err = db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: name, Key: key("a", "1")})
	refused(t, err, notFound, "")
	_, err = db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: key("a", "1")})
	refused(t, err, notFound, "")
	_, err = db.Query(t.Context(),
		&dynamodb.QueryInput{TableName: name, KeyConditionExpression: aws.String("pk = :p"),
			ExpressionAttributeValues: values{":p": text("p")}})
	refused(t, err, notFound, "")
	_, err = db.TransactWriteItems(t.Context(),
		&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: name,
			Item: key("a", "1")}}}})
	refused(t, err, notFound, "")
	_, err = db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: name})
	refused(t, err, notFound, "")
}

func TestADeletedTableIsGone(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(key("a", "1"))
	if _, err := x.db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: x.name}); err != nil {
		t.Fatal(err)
	}
	_, err := x.db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: x.name, Key: key("a", "1")})
	refused(t, err, notFound, "")
}

func TestWrongTablesAreRefused(t *testing.T) {
	t.Parallel()
	db := newClient(t)
	def := func(name string) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: "S"}
	}
	for what, in := range map[string]*dynamodb.CreateTableInput{
		"a key that is not defined":   {KeySchema: keySchema("pk"), AttributeDefinitions: []types.AttributeDefinition{def("other")}},
		"a definition that is no key": {KeySchema: keySchema("pk"), AttributeDefinitions: []types.AttributeDefinition{def("pk"), def("other")}},
		"one attribute for both keys": {KeySchema: keySchema("pk", "pk"), AttributeDefinitions: []types.AttributeDefinition{def("pk")}},
		"include without attributes": {KeySchema: keySchema("pk"), AttributeDefinitions: []types.AttributeDefinition{def("pk")},
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
				{IndexName: aws.String("due"), KeySchema: keySchema("pk"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude}}}},
	} {
		in.TableName, in.BillingMode = aws.String(uniqueName(t)), types.BillingModePayPerRequest
		_, err := db.CreateTable(t.Context(), in)
		if err == nil {
			t.Error(what)
			continue
		}
		invalid(t, err, "")
	}
}

func TestTimeToLiveIsSwitchedOnAndOff(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	status := func() types.TimeToLiveStatus {
		out, err := x.db.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: x.name})
		if err != nil {
			t.Fatal(err)
		}
		return out.TimeToLiveDescription.TimeToLiveStatus
	}
	set := func(attribute string, on bool) error {
		_, err := x.db.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
			TableName: x.name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &attribute, Enabled: &on},
		})
		return err
	}
	same(t, types.TimeToLiveStatusDisabled, status())
	invalid(t, set("ttl", false), "TimeToLive is already disabled")
	if err := set("ttl", true); err != nil {
		t.Fatal(err)
	}
	same(t, types.TimeToLiveStatusEnabled, status())
	invalid(t, set("ttl", true), "TimeToLive is already enabled")
	invalid(t, set("other", false), "TimeToLive is active on a different AttributeName")
	// What is past its time is still there until it is deleted.
	past := with(key("a", "1"), "ttl", num("1700000000"))
	x.put(past)
	x.stored(past)
}
