// Command provisioner-callback takes what the operator's provisioner tells.
package main

import (
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/adapter/ssm"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		key := provisionhook.Key(ssm.Given(env, "PROVISIONER_SECRET_PARAMETER"))
		jobs := sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL"))
		return event.HTTP("provisionerCallback", provisionhook.Receiver(key, env.Now, jobs)), nil
	})
}
