package sesv2_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
)

// tenant makes a tenant that goes with the test, and tells its ARN.
func (s service) tenant() (name, arn string) {
	s.t.Helper()
	name = unique()
	made, err := s.CreateTenant(s.t.Context(), &sesv2.CreateTenantInput{TenantName: &name})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		s.DeleteTenant(context.Background(), &sesv2.DeleteTenantInput{TenantName: &name}) //nolint:errcheck // the test may have
	})
	return name, *made.TenantArn
}

// tie associates a resource with a tenant, until the test is over.
func (s service) tie(tenant, kind, name string) string {
	s.t.Helper()
	arn := "arn:aws:ses:us-east-1:000000000000:" + kind + "/" + name
	in := &sesv2.CreateTenantResourceAssociationInput{TenantName: &tenant, ResourceArn: &arn}
	if _, err := s.CreateTenantResourceAssociation(s.t.Context(), in); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { s.untie(tenant, arn) })
	return arn
}

func (s service) untie(tenant, arn string) {
	s.DeleteTenantResourceAssociation(context.Background(), //nolint:errcheck // the test may have
		&sesv2.DeleteTenantResourceAssociationInput{TenantName: &tenant, ResourceArn: &arn})
}

// A message of a tenant's refers to nothing that is not the tenant's: neither to its sender nor to its configuration set, be it the
// sender's own. What is missing is named, all of it (https://docs.aws.amazon.com/ses/latest/dg/tenants.html).
func TestATenantSendsWithWhatIsAssociatedWithItAlone(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		name, set := s.sender(), s.set()
		tenant, _ := s.tenant()
		in := mail("invites@"+name, "client@client.example")
		in.TenantName, in.ConfigurationSetName = &tenant, &set
		lacks := func(want ...string) {
			t.Helper()
			var denied smithy.APIError
			if err := s.refuses(in); !errors.As(err, &denied) || denied.ErrorCode() != "AccessDeniedException" {
				t.Fatalf("it is refused with %v", err)
			}
			for _, arn := range want {
				if !strings.Contains(denied.ErrorMessage(), arn) {
					t.Errorf("%q does not name %s", denied.ErrorMessage(), arn)
				}
			}
		}
		lacks("identity/"+name, "configuration-set/"+set)
		s.tie(tenant, "identity", name)
		lacks("configuration-set/" + set)
		s.tie(tenant, "configuration-set", set)
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		// The sender's default set counts like one that is named.
		other := s.set()
		put := &sesv2.PutEmailIdentityConfigurationSetAttributesInput{EmailIdentity: &name, ConfigurationSetName: &other}
		if _, err := s.PutEmailIdentityConfigurationSetAttributes(t.Context(), put); err != nil {
			t.Fatal(err)
		}
		in.ConfigurationSetName = nil
		lacks("configuration-set/" + other)
	})
}

func TestADisabledTenantDoesNotSend(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		name := s.sender()
		tenant, arn := s.tenant()
		s.tie(tenant, "identity", name)
		in := mail("invites@"+name, "client@client.example")
		in.TenantName = &tenant
		put := func(status types.SendingStatus) error {
			_, err := s.UpdateReputationEntityCustomerManagedStatus(t.Context(), &sesv2.UpdateReputationEntityCustomerManagedStatusInput{
				ReputationEntityType: types.ReputationEntityTypeResource, ReputationEntityReference: &arn, SendingStatus: status})
			return err
		}
		if err := put(types.SendingStatusDisabled); err != nil {
			t.Fatal(err)
		}
		got, err := s.GetTenant(t.Context(), &sesv2.GetTenantInput{TenantName: &tenant})
		if err != nil || got.Tenant.SendingStatus != types.SendingStatusDisabled {
			t.Errorf("it is %+v, %v", got, err)
		}
		is[*types.SendingPausedException](t, s.refuses(in))
		if err := put(types.SendingStatusReinstated); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Errorf("reinstated, it does not send: %v", err)
		}
		is[*types.BadRequestException](t, put("SOMETIMES"))
		arn = strings.Replace(arn, tenant, unique(), 1)
		is[*types.NotFoundException](t, put(types.SendingStatusEnabled))
	})
}

// What a tenant has is deleted after its association; a tenant takes its associations with it.
func TestWhatATenantHasIsNotDeleted(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, _ := s.domain()
		set := s.set()
		tenant, _ := s.tenant()
		identity := s.tie(tenant, "identity", name)
		s.tie(tenant, "configuration-set", set)
		_, err := s.DeleteEmailIdentity(t.Context(), &sesv2.DeleteEmailIdentityInput{EmailIdentity: &name})
		if e := is[*types.BadRequestException](t, err); !strings.Contains(e.ErrorMessage(), "has tenant associations") {
			t.Errorf("it says %q", e.ErrorMessage())
		}
		_, err = s.DeleteConfigurationSet(t.Context(), &sesv2.DeleteConfigurationSetInput{ConfigurationSetName: &set})
		is[*types.BadRequestException](t, err)
		of, err := s.ListResourceTenants(t.Context(), &sesv2.ListResourceTenantsInput{ResourceArn: &identity})
		if err != nil || len(of.ResourceTenants) != 1 || *of.ResourceTenants[0].TenantName != tenant ||
			of.ResourceTenants[0].AssociatedTimestamp == nil {
			t.Errorf("the domain is of %+v, %v", of, err)
		}
		if _, err := s.DeleteTenant(t.Context(), &sesv2.DeleteTenantInput{TenantName: &tenant}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.DeleteEmailIdentity(t.Context(), &sesv2.DeleteEmailIdentityInput{EmailIdentity: &name}); err != nil {
			t.Errorf("after the tenant, the domain stays: %v", err)
		}
		nobody := aws.String("arn:aws:ses:us-east-1:000000000000:identity/" + unique() + ".example")
		_, err = s.ListResourceTenants(t.Context(), &sesv2.ListResourceTenantsInput{ResourceArn: nobody})
		is[*types.NotFoundException](t, err)
	})
}
