using EdgeRecorder.Bytes;
using EdgeRecorder.Jt1078;

namespace EdgeRecorder.Jt808;

/// <summary>One message of a terminal, or one package of it. Phone and body are slices of the caller's buffer.</summary>
internal readonly ref struct TerminalMessage
{
    public const string Protocol = "JT/T 808";
    public const int VersionFlag = 0x4000;

    private const int SubPackaged = 0x2000, EncryptionMask = 0x1C00, LengthMask = 0x03FF;
    private const int Header2013 = 12, Header2019 = 17, PackageFields = 4;

    public required ushort Id { get; init; }
    public required HeaderLayout Layout { get; init; }

    /// <summary>Bit 14 as it was sent: it should say 2019, and does not always.</summary>
    public required bool HasVersionFlag { get; init; }

    /// <summary>Protocol version, 2019 only.</summary>
    public required byte Version { get; init; }

    public required bool IsEncrypted { get; init; }

    /// <summary>BCD[6] or BCD[10].</summary>
    public required ReadOnlySpan<byte> Phone { get; init; }

    public required ushort Serial { get; init; }

    /// <summary>Bit 13: the body is a part, and total and index say which.</summary>
    public required bool IsPackage { get; init; }

    /// <summary>How many packages the message has; 0 when it is whole.</summary>
    public required ushort Total { get; init; }

    /// <summary>Which of them this is, from 1.</summary>
    public required ushort Index { get; init; }

    public required ReadOnlySpan<byte> Body { get; init; }

    /// <summary>There is more of it: a package of one is whole.</summary>
    public bool IsPart => IsPackage && (Total, Index) != (1, 1);

    public SimNumber Sim => SimNumber.FromBcd(Phone);

    /// <summary>Reads header and body.</summary>
    /// <param name="message">What <see cref="Frame.Open"/> returned.</param>
    /// <exception cref="ProtocolException">It is no message; the exception names field and offset.</exception>
    public static TerminalMessage Parse(ReadOnlySpan<byte> message)
    {
        //  2011, 2013  id 2 | properties 2 |           phone 6  | serial 2 | total 2, index 2 if bit 13 | body
        //  2019        id 2 | properties 2 | version 1 | phone 10 | serial 2 | total 2, index 2 if bit 13 | body
        var reader = new ByteReader(message, Protocol);
        var id = reader.U16("message ID");
        var properties = reader.U16("body properties");
        var layout = LayoutOf(properties, message.Length);
        var version = layout == HeaderLayout.Jt2019 ? reader.U8("protocol version") : (byte)0;
        var phone = reader.Bytes(layout == HeaderLayout.Jt2019 ? 10 : 6, "phone");
        var serial = reader.U16("serial number");
        var isPackage = (properties & SubPackaged) != 0;
        var total = isPackage ? reader.U16("package total") : (ushort)0;
        var index = isPackage ? reader.U16("package index") : (ushort)0;
        return new()
        {
            Id = id,
            Layout = layout,
            HasVersionFlag = (properties & VersionFlag) != 0,
            Version = version,
            IsEncrypted = (properties & EncryptionMask) != 0,
            Phone = phone,
            Serial = serial,
            IsPackage = isPackage,
            Total = total,
            Index = index,
            Body = reader.Rest(),
        };
    }

    /// <summary>The same header with another body: the whole message after its packages.</summary>
    public TerminalMessage WithBody(ReadOnlySpan<byte> body) => new()
    {
        Id = Id,
        Layout = Layout,
        HasVersionFlag = HasVersionFlag,
        Version = Version,
        IsEncrypted = IsEncrypted,
        Phone = Phone,
        Serial = Serial,
        IsPackage = false,
        Total = 0,
        Index = 0,
        Body = body,
    };

    /// <summary>
    /// The layout under which header and body length make up the message. Bit 14 alone does not do: some set it with the 2013 header,
    /// some leave it clear with the 2019 one. Both cannot fit at once.
    /// </summary>
    private static HeaderLayout LayoutOf(ushort properties, int length)
    {
        var rest = (properties & LengthMask) + ((properties & SubPackaged) != 0 ? PackageFields : 0);
        if (Header2013 + rest == length)
            return HeaderLayout.Jt2013;
        if (Header2019 + rest == length)
            return HeaderLayout.Jt2019;
        throw new ProtocolException(Protocol, 2, "body length", $"{properties & LengthMask} fits neither header in {length} bytes");
    }
}
