package sesv2_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

func (s service) get(name string) *sesv2.GetEmailIdentityOutput {
	s.t.Helper()
	out, err := s.GetEmailIdentity(s.t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: &name})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func TestADomainGetsThreeDKIMTokens(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, out := s.domain()
		if out.IdentityType != types.IdentityTypeDomain || len(out.DkimAttributes.Tokens) != 3 {
			t.Fatalf("a new domain is %+v with %+v", out, out.DkimAttributes)
		}
		for _, token := range out.DkimAttributes.Tokens {
			if !regexp.MustCompile(`^[a-z0-9]{16,63}$`).MatchString(token) {
				t.Errorf("the token %q is no label of a domain name", token)
			}
		}
		got := s.get(name)
		if !slices.Equal(got.DkimAttributes.Tokens, out.DkimAttributes.Tokens) || !got.DkimAttributes.SigningEnabled {
			t.Errorf("created with %+v, read as %+v", out.DkimAttributes, got.DkimAttributes)
		}
	})
}

func TestANewDomainIsPendingAndMayNotSend(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, out := s.domain()
		got := s.get(name)
		if out.VerifiedForSendingStatus || out.DkimAttributes.Status != types.DkimStatusPending ||
			got.VerificationStatus != types.VerificationStatusPending {
			t.Errorf("a new domain is %s, DKIM %s", got.VerificationStatus, out.DkimAttributes.Status)
		}
	})
}

func TestAVerifiedDomainMaySend(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		got := s.get(s.sender())
		if !got.VerifiedForSendingStatus || got.VerificationStatus != types.VerificationStatusSuccess ||
			got.DkimAttributes.Status != types.DkimStatusSuccess || got.VerificationInfo.LastSuccessTimestamp == nil {
			t.Errorf("after verification it is %+v", got)
		}
	})
}

func TestAnIdentityIsCreatedOnce(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, _ := s.domain()
		_, err := s.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &name})
		is[*types.AlreadyExistsException](t, err)
	})
}

func TestAnAddressMayBeAnIdentity(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		address := "someone@" + unique() + ".example"
		if out := s.identity(address); out.IdentityType != types.IdentityTypeEmailAddress {
			t.Errorf("the identity of an address is a %s", out.IdentityType)
		}
	})
}

func TestADomainMayBringItsOwnDKIMKey(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name := unique() + ".example"
		out, err := s.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{
			EmailIdentity: &name, DkimSigningAttributes: &types.DkimSigningAttributes{
				DomainSigningSelector: aws.String("sel1"), DomainSigningPrivateKey: aws.String("cHJpdmF0ZQ=="),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		d := out.DkimAttributes
		if d.SigningAttributesOrigin != types.DkimSigningAttributesOriginExternal || !slices.Equal(d.Tokens, []string{"sel1"}) {
			t.Errorf("DKIM is %+v", d)
		}
	})
}

func TestAnIdentityThatDoesNotExistIsNotFound(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		_, err := s.GetEmailIdentity(t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String("gone.example")})
		is[*types.NotFoundException](t, err)
		_, err = s.DeleteEmailIdentity(t.Context(), &sesv2.DeleteEmailIdentityInput{EmailIdentity: aws.String("gone.example")})
		is[*types.NotFoundException](t, err)
	})
}

func TestIdentitiesAreListedInPages(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		var made, listed []string
		for range 3 {
			name, _ := s.domain()
			made = append(made, name)
		}
		pages := sesv2.NewListEmailIdentitiesPaginator(s.Client, &sesv2.ListEmailIdentitiesInput{PageSize: aws.Int32(2)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(page.EmailIdentities) > 2 {
				t.Errorf("a page of 2 holds %d", len(page.EmailIdentities))
			}
			for _, id := range page.EmailIdentities {
				if slices.Contains(made, *id.IdentityName) {
					listed = append(listed, *id.IdentityName)
				}
			}
		}
		slices.Sort(listed)
		slices.Sort(made)
		if !slices.Equal(listed, made) {
			t.Errorf("listed %q of %q", listed, made)
		}
	})
}

func TestMailFromIsASubdomainAndStartsPending(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, _ := s.domain()
		_, err := s.PutEmailIdentityMailFromAttributes(t.Context(), &sesv2.PutEmailIdentityMailFromAttributesInput{
			EmailIdentity: &name, MailFromDomain: aws.String("bounce.elsewhere.example"),
		})
		is[*types.BadRequestException](t, err)
		_, err = s.PutEmailIdentityMailFromAttributes(t.Context(), &sesv2.PutEmailIdentityMailFromAttributesInput{
			EmailIdentity: &name, MailFromDomain: aws.String("bounce." + name),
			BehaviorOnMxFailure: types.BehaviorOnMxFailureUseDefaultValue,
		})
		if err != nil {
			t.Fatal(err)
		}
		m := s.get(name).MailFromAttributes
		if m == nil || *m.MailFromDomain != "bounce."+name || m.MailFromDomainStatus != types.MailFromDomainStatusPending {
			t.Errorf("MAIL FROM is %+v", m)
		}
	})
}

func TestDKIMSigningIsTurnedOff(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, _ := s.domain()
		_, err := s.PutEmailIdentityDkimAttributes(t.Context(), &sesv2.PutEmailIdentityDkimAttributesInput{
			EmailIdentity: &name, SigningEnabled: false,
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.get(name).DkimAttributes.SigningEnabled {
			t.Error("signing is still on")
		}
	})
}

func TestAnIdentityHasADefaultConfigurationSet(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, _ := s.domain()
		set := s.set()
		put := func(set string) error {
			_, err := s.PutEmailIdentityConfigurationSetAttributes(t.Context(),
				&sesv2.PutEmailIdentityConfigurationSetAttributesInput{EmailIdentity: &name, ConfigurationSetName: &set})
			return err
		}
		if err := put(set); err != nil {
			t.Fatal(err)
		}
		if got := s.get(name).ConfigurationSetName; got == nil || *got != set {
			t.Errorf("the default is %v, want %s", got, set)
		}
		is[*types.NotFoundException](t, put(unique()))
	})
}
