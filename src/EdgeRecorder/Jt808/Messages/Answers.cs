using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>0x0001, terminal general reply: to which message of ours, and how it went.</summary>
internal readonly record struct GeneralReply(ushort ReplyTo, ushort MessageId, GeneralResult Result)
{
    /// <exception cref="ProtocolException">It is shorter than the table.</exception>
    public static GeneralReply Parse(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        return new(reader.U16("reply serial"), reader.U16("reply ID"), (GeneralResult)reader.U8("result"));
    }
}

/// <summary>0x1206: how an upload ended.</summary>
internal readonly record struct UploadNotice(ushort ReplyTo, bool IsComplete)
{
    /// <exception cref="ProtocolException">It is shorter than the table.</exception>
    public static UploadNotice Parse(ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        return new(reader.U16("serial number"), reader.U8("result") == 0);
    }
}
