package fakeaws

// parameters are the public parameters, by name.
func (c *Cloud) parameters() map[string]string {
	all := map[string]string{}
	for _, image := range c.images { // from old to new, so that the newest remains
		if of := image.published; of != nil {
			of.put(all, of.each)
			of.put(all, of.newest)
		}
	}
	return all
}

// put adds an image's parameters below a path.
func (p *publication) put(all map[string]string, path string) {
	if path == "" {
		return
	}
	for _, member := range p.members {
		all[path+member[0]] = member[1]
	}
}
