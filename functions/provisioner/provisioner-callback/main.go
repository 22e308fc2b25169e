// Command provisioner-callback takes what the operator's provisioner tells.
package main

import (
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/provisioner"
	"latchkey.dev/shared/sqs"
	"latchkey.dev/shared/ssm"
)

func main() {
	event.Start(func(env *environment.Environment) (event.Function, error) {
		key := provisioner.Key(ssm.Given(env, "PROVISIONER_SECRET_PARAMETER"))
		jobs := sqs.Open(env.AWS("sqs"), env.String("PROVISION_QUEUE_URL"))
		return event.HTTP("provisionerCallback", provisioner.Receiver(key, env.Now, jobs)), nil
	})
}
