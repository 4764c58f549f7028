package fakeaws

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// network is the one VPC and its subnets, at first one in each zone.
type network struct {
	vpcID   string
	subnets []*subnet
}

// subnet is a /18 of the VPC in one zone.
type subnet struct {
	id           string
	zone, zoneID string
	cidr         string
	index        int
	taken        int // number of addresses assigned so far; none is assigned again
	tags         map[string]string
}

// subnetAddresses is the number of usable addresses of a /18: AWS reserves five.
const subnetAddresses = 1<<14 - 5

func newNetwork(region string, zones []string) network {
	n := network{vpcID: stableID("vpc", region)}
	for i, zone := range zones {
		n.subnets = append(n.subnets, &subnet{
			id:     stableID("subnet", zone),
			zone:   zone,
			zoneID: zoneID(region, i),
			cidr:   fmt.Sprintf("10.%d.%d.0/18", i/4, i%4*64),
			index:  i,
		})
	}
	return n
}

// add adds a subnet to a zone, which has one at first.
func (n *network) add(zone string) *subnet {
	index := len(n.subnets)
	added := &subnet{
		id: stableID("subnet", fmt.Sprint(zone, index)), zone: zone, zoneID: n.inZone(zone).zoneID,
		cidr: fmt.Sprintf("10.%d.%d.0/18", index/4, index%4*64), index: index,
	}
	n.subnets = append(n.subnets, added)
	return added
}

// stableID is an identifier that depends only on a name, so that the network and
// the images are the same for every seed.
func stableID(prefix, name string) string {
	h := fnv.New64a()
	h.Write([]byte(prefix + "/" + name))
	return fmt.Sprintf("%s-0%016x", prefix, h.Sum64())
}

// zoneID turns us-west-2 and 0 into usw2-az1, as AWS does for its regions.
func zoneID(region string, index int) string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, part := range parts[1:] {
		short += part[:1]
	}
	return fmt.Sprintf("%s-az%d", short, index+1)
}

// inZone returns the subnet of a zone, or nil.
func (n *network) inZone(zone string) *subnet {
	for i := range n.subnets {
		if n.subnets[i].zone == zone {
			return n.subnets[i]
		}
	}
	return nil
}

// byID returns the subnet with that id, or nil.
func (n *network) byID(id string) *subnet {
	for i := range n.subnets {
		if n.subnets[i].id == id {
			return n.subnets[i]
		}
	}
	return nil
}

// byZoneID returns the subnet in the zone with that id, or nil.
func (n *network) byZoneID(id string) *subnet {
	for i := range n.subnets {
		if n.subnets[i].zoneID == id {
			return n.subnets[i]
		}
	}
	return nil
}

// nextAddress returns the next private address of the subnet. AWS reserves the
// first four.
func (s *subnet) nextAddress() string {
	host := 4 + s.taken%subnetAddresses
	s.taken++
	return fmt.Sprintf("10.%d.%d.%d", s.index/4, s.index%4*64+host/256, host%256)
}
