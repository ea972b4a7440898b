namespace EdgeRecorder.Bytes;

/// <summary>What a peer or a file said cannot be meant: which protocol, at which byte, in which field, and why.</summary>
/// <param name="protocol">Name of the protocol as its standard spells it.</param>
/// <param name="offset">Byte offset inside the message, from 0.</param>
/// <param name="field">The field of the standard's table.</param>
/// <param name="reason">What does not fit.</param>
public sealed class ProtocolException(string protocol, int offset, string field, string reason)
    : Exception($"{protocol}: {field} at byte {offset}: {reason}")
{
    public string Protocol => protocol;
    public int Offset => offset;
    public string Field => @field;
}
