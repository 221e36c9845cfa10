"""The dialect of Bedrock's Converse and ConverseStream."""
