package sesv2_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

func TestAConfigurationSetIsMadeReadListedAndDeleted(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name := s.set()
		_, err := s.CreateConfigurationSet(t.Context(), &sesv2.CreateConfigurationSetInput{ConfigurationSetName: &name})
		is[*types.AlreadyExistsException](t, err)
		got, err := s.GetConfigurationSet(t.Context(), &sesv2.GetConfigurationSetInput{ConfigurationSetName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if *got.ConfigurationSetName != name || got.SendingOptions == nil || !got.SendingOptions.SendingEnabled {
			t.Errorf("the set is %+v", got)
		}
		list, err := s.ListConfigurationSets(t.Context(), &sesv2.ListConfigurationSetsInput{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(list.ConfigurationSets, name) {
			t.Errorf("%q lacks %s", list.ConfigurationSets, name)
		}
		_, err = s.DeleteConfigurationSet(t.Context(), &sesv2.DeleteConfigurationSetInput{ConfigurationSetName: &name})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.GetConfigurationSet(t.Context(), &sesv2.GetConfigurationSetInput{ConfigurationSetName: &name})
		is[*types.NotFoundException](t, err)
	})
}

func TestAConfigurationSetNameHasOnlyLettersDigitsUnderscoresAndDashes(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		_, err := s.CreateConfigurationSet(t.Context(), &sesv2.CreateConfigurationSetInput{
			ConfigurationSetName: aws.String("no spaces"),
		})
		is[*types.BadRequestException](t, err)
	})
}

func TestAnEventDestinationIsMadeChangedAndDeleted(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		set := s.publishing(types.EventTypeSend, types.EventTypeBounce)
		definition := &types.EventDestinationDefinition{
			Enabled: false, MatchingEventTypes: []types.EventType{types.EventTypeComplaint},
			SnsDestination: &types.SnsDestination{TopicArn: aws.String(topic)},
		}
		_, err := s.CreateConfigurationSetEventDestination(t.Context(), &sesv2.CreateConfigurationSetEventDestinationInput{
			ConfigurationSetName: &set, EventDestinationName: aws.String("events"), EventDestination: definition,
		})
		is[*types.AlreadyExistsException](t, err)
		_, err = s.UpdateConfigurationSetEventDestination(t.Context(), &sesv2.UpdateConfigurationSetEventDestinationInput{
			ConfigurationSetName: &set, EventDestinationName: aws.String("events"), EventDestination: definition,
		})
		if err != nil {
			t.Fatal(err)
		}
		get := func() []types.EventDestination {
			out, err := s.GetConfigurationSetEventDestinations(t.Context(),
				&sesv2.GetConfigurationSetEventDestinationsInput{ConfigurationSetName: &set})
			if err != nil {
				t.Fatal(err)
			}
			return out.EventDestinations
		}
		all := get()
		if len(all) != 1 || *all[0].Name != "events" || all[0].Enabled || *all[0].SnsDestination.TopicArn != topic ||
			!slices.Equal(all[0].MatchingEventTypes, definition.MatchingEventTypes) {
			t.Errorf("the destinations are %+v", all)
		}
		_, err = s.DeleteConfigurationSetEventDestination(t.Context(), &sesv2.DeleteConfigurationSetEventDestinationInput{
			ConfigurationSetName: &set, EventDestinationName: aws.String("events"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if all := get(); len(all) != 0 {
			t.Errorf("after deletion there are %d", len(all))
		}
	})
}

func TestSuppressionOptionsOfAConfigurationSetAreKept(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		set := s.set()
		_, err := s.PutConfigurationSetSuppressionOptions(t.Context(), &sesv2.PutConfigurationSetSuppressionOptionsInput{
			ConfigurationSetName: &set, SuppressedReasons: []types.SuppressionListReason{types.SuppressionListReasonBounce},
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.GetConfigurationSet(t.Context(), &sesv2.GetConfigurationSetInput{ConfigurationSetName: &set})
		if err != nil {
			t.Fatal(err)
		}
		if o := got.SuppressionOptions; o == nil || len(o.SuppressedReasons) != 1 || o.SuppressedReasons[0] != "BOUNCE" {
			t.Errorf("the options are %+v", o)
		}
	})
}

func TestTheSuppressionListTakesFindsListsAndForgets(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		address := unique() + "@client.example"
		_, err := s.GetSuppressedDestination(t.Context(), &sesv2.GetSuppressedDestinationInput{EmailAddress: &address})
		is[*types.NotFoundException](t, err)
		_, err = s.PutSuppressedDestination(t.Context(), &sesv2.PutSuppressedDestinationInput{
			EmailAddress: &address, Reason: types.SuppressionListReasonComplaint,
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.GetSuppressedDestination(t.Context(), &sesv2.GetSuppressedDestinationInput{EmailAddress: &address})
		if err != nil {
			t.Fatal(err)
		}
		if d := got.SuppressedDestination; *d.EmailAddress != address || d.Reason != "COMPLAINT" || d.LastUpdateTime == nil {
			t.Errorf("the entry is %+v", d)
		}
		listed := func(reason types.SuppressionListReason) bool {
			out, err := s.ListSuppressedDestinations(t.Context(), &sesv2.ListSuppressedDestinationsInput{
				Reasons: []types.SuppressionListReason{reason},
			})
			if err != nil {
				t.Fatal(err)
			}
			return slices.ContainsFunc(out.SuppressedDestinationSummaries, func(d types.SuppressedDestinationSummary) bool {
				return *d.EmailAddress == address
			})
		}
		if !listed("COMPLAINT") || listed("BOUNCE") {
			t.Error("it is listed under its reason, and only there")
		}
		_, err = s.DeleteSuppressedDestination(t.Context(), &sesv2.DeleteSuppressedDestinationInput{EmailAddress: &address})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.DeleteSuppressedDestination(t.Context(), &sesv2.DeleteSuppressedDestinationInput{EmailAddress: &address})
		is[*types.NotFoundException](t, err)
	})
}

func TestTheAccountSaysWhetherItMaySend(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		out, err := s.GetAccount(t.Context(), &sesv2.GetAccountInput{})
		if err != nil {
			t.Fatal(err)
		}
		if !out.SendingEnabled || out.SendQuota == nil || out.EnforcementStatus == nil || *out.EnforcementStatus != "HEALTHY" {
			t.Errorf("the account is %+v", out)
		}
	})
}

func TestATenantIsMadeTiedToResourcesAndDeleted(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name := unique()
		made, err := s.CreateTenant(t.Context(), &sesv2.CreateTenantInput{TenantName: &name})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.CreateTenant(t.Context(), &sesv2.CreateTenantInput{TenantName: &name})
		is[*types.AlreadyExistsException](t, err)
		got, err := s.GetTenant(t.Context(), &sesv2.GetTenantInput{TenantName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if *got.Tenant.TenantId != *made.TenantId || got.Tenant.SendingStatus != types.SendingStatusEnabled {
			t.Errorf("the tenant is %+v", got.Tenant)
		}
		set := "arn:aws:ses:us-east-1:000000000000:configuration-set/" + s.set()
		_, err = s.CreateTenantResourceAssociation(t.Context(), &sesv2.CreateTenantResourceAssociationInput{
			TenantName: &name, ResourceArn: &set,
		})
		if err != nil {
			t.Fatal(err)
		}
		resources, err := s.ListTenantResources(t.Context(), &sesv2.ListTenantResourcesInput{TenantName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if len(resources.TenantResources) != 1 || *resources.TenantResources[0].ResourceArn != set {
			t.Errorf("its resources are %+v", resources.TenantResources)
		}
		_, err = s.DeleteTenantResourceAssociation(t.Context(), &sesv2.DeleteTenantResourceAssociationInput{
			TenantName: &name, ResourceArn: &set,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = s.DeleteTenant(t.Context(), &sesv2.DeleteTenantInput{TenantName: &name}); err != nil {
			t.Fatal(err)
		}
		_, err = s.GetTenant(t.Context(), &sesv2.GetTenantInput{TenantName: &name})
		is[*types.NotFoundException](t, err)
	})
}
