package fakeaws

import "maps"

// PutParameter publishes a parameter beside those of the images, or changes it.
func (c *Cloud) PutParameter(name, value string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.published[name] = value
}

// parameters are the public parameters, by name.
func (c *Cloud) parameters() map[string]string {
	all := maps.Clone(c.published)
	for _, image := range c.images { // from old to new: the newest stays
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
