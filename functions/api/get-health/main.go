// Command get-health answers that the API is up.
package main

import (
	"latchkey.dev/shared/api"
	"latchkey.dev/shared/environment"
	"latchkey.dev/shared/event"
)

func main() {
	event.Start(func(_ *environment.Environment) (event.Function, error) {
		return api.GetHealth().Function(""), nil
	})
}
