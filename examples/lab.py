from evalkit import ChatProvider

LAB = ChatProvider(prefix="lab", base_url="https://api.lab.example/v1", key_variable="LAB_API_KEY")
