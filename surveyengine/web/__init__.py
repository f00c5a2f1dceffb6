"""The only Flask: what customers, machines and operators see."""
