// Command retry-provisioning-form has something set up again.
package main

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/usecase/signin"
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
