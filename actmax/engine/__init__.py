"""How it is computed: batches of recipes on a device, and compositions of parts by hand."""
