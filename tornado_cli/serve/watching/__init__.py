"""Which files of a project have changed: found without fail, and without what never matters."""
