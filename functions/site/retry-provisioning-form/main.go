// Command retry-provisioning-form has something set up again.
package main

import (
	"latchkey.dev/shared/dynamo"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/onboarding"
	"latchkey.dev/shared/provisioning"
	"latchkey.dev/shared/signin"
	"latchkey.dev/shared/sqs"
	"latchkey.dev/shared/web"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		table := dynamo.Open(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
		door := &signin.Doorkeeper{Store: table, Now: env.Now}
		directory := &onboarding.Directory{Store: table, Now: env.Now}
		retrier := &provisioning.Retrier{Store: table, Queue: sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL")), Now: env.Now}
		site := web.New(env.String("PLATFORM_NAME"), env.Origin("ORIGIN"), env.Now)
		return web.RetryProvisioningForm(site, door, directory, retrier).Function(), nil
	})
}
