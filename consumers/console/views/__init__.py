"""What the API sends and takes, as pydantic models: the console's TypeScript types are generated from them."""
