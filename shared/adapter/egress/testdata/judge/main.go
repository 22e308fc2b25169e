// Command judge prints what the policy of its process says of http at the loopback address that it is given.
package main

import (
	"fmt"
	"net/netip"
	"os"

	"latchkey.dev/shared/adapter/egress"
)

func main() {
	p, err := egress.FromProcess(os.Getenv)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Judge("http", "localhost", netip.MustParseAddrPort(os.Args[1])))
}
