using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>A message we send. Values only: header, serial number and escaping belong to the connection, so the same message can be sent again.</summary>
internal abstract record PlatformMessage(ushort Id)
{
    /// <summary>Ten bits of the header's body properties; none of ours needs sub-packages.</summary>
    public const int LargestBody = 1023;

    /// <summary>Whether it may be sent again while there is no answer. Not what moves something: the second one would come after what followed the first.</summary>
    public virtual bool IsRepeatable => false;

    /// <summary>Writes the body in the layout of the terminal's header.</summary>
    /// <exception cref="ArgumentException">A field does not fit the wire.</exception>
    public abstract void WriteBody(ref ByteWriter writer, HeaderLayout layout);

    /// <summary>A length byte and the text in GBK.</summary>
    protected static void Text(ref ByteWriter writer, string value, int longest)
    {
        Span<byte> bytes = stackalloc byte[byte.MaxValue];
        if (value.Length > longest || Gbk.Encode(value, bytes) is not (>= 0 and var length) || length > longest)
            throw new ArgumentException($"'{value}' does not fit {longest} bytes of GBK");
        writer.U8((byte)length);
        writer.Bytes(bytes[..length]);
    }
}
