namespace EdgeRecorder.Simulators;

/// <summary>The platform sent what no terminal and no device can read.</summary>
internal sealed class MalformedException(string message) : Exception(message);
