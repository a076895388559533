"""How do the flow actions behave? One pure function each; the declarations are in connectors/apps/flow."""
