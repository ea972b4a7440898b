using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>Whose field widths a registration has: they differ more than the headers do.</summary>
internal enum StandardYear { Y2011, Y2013, Y2019 }

/// <summary>0x0100: who the terminal says it is. Texts are trimmed and free of control characters; none of it proves anything.</summary>
internal sealed record Registration
{
    public required StandardYear Year { get; init; }
    public required ushort Province { get; init; }
    public required ushort City { get; init; }
    public required string Manufacturer { get; init; }
    public required string Model { get; init; }
    public required string TerminalId { get; init; }

    /// <summary>JT/T 415: 1 blue, 2 yellow, 3 black, 4 white, 9 other; 0 no plate.</summary>
    public required byte PlateColour { get; init; }

    /// <summary>Number plate; the VIN where the colour is 0.</summary>
    public required string Plate { get; init; }

    public bool IsVin => PlateColour == 0;

    /// <summary>
    /// Field widths go by the length of the body: the header says 2019 or older, not 2011 or 2013, and some terminals put old fields behind the new header.
    /// A 2011 terminal with a VIN looks like 2013; then model and ID are cut in the wrong place.
    /// </summary>
    /// <exception cref="ProtocolException">It is shorter than the shortest.</exception>
    public static Registration Parse(ReadOnlySpan<byte> body, HeaderLayout layout)
    {
        //        province 2 | city 2 | manufacturer | model | terminal ID | plate colour 1 | plate
        //  2011                         5             8       7
        //  2013                         5             20      7
        //  2019                        11             30      30
        var (year, manufacturer, model, terminal) = body.Length switch
        {
            >= 76 when layout == HeaderLayout.Jt2019 => (StandardYear.Y2019, 11, 30, 30),
            >= 37 => (StandardYear.Y2013, 5, 20, 7),
            _ => (StandardYear.Y2011, 5, 8, 7),
        };
        var reader = new ByteReader(body, TerminalMessage.Protocol);
        return new()
        {
            Year = year,
            Province = reader.U16("province"),
            City = reader.U16("city"),
            Manufacturer = Gbk.Decode(reader.Bytes(manufacturer, "manufacturer")),
            Model = Gbk.Decode(reader.Bytes(model, "terminal model")),
            TerminalId = Gbk.Decode(reader.Bytes(terminal, "terminal ID")),
            PlateColour = reader.U8("plate colour"),
            Plate = Gbk.Decode(reader.Rest()),
        };
    }
}

/// <summary>0x0102: the code the terminal was given, and in 2019 what it is.</summary>
internal readonly ref struct Authentication
{
    public required ReadOnlySpan<byte> Code { get; init; }

    /// <summary>2019 only, empty when it is not there.</summary>
    public string Imei { get; init; }

    public string Software { get; init; }

    /// <summary>In 2019 a length byte stands in front of the code; a terminal that has only the new header sends the code alone.</summary>
    public static Authentication Parse(ReadOnlySpan<byte> body, HeaderLayout layout)
    {
        const int ImeiLength = 15, SoftwareLength = 20;
        if (layout == HeaderLayout.Jt2013 || body.IsEmpty || 1 + body[0] > body.Length)
            return new() { Code = body.TrimEnd((byte)0), Imei = "", Software = "" };
        var rest = body[(1 + body[0])..];
        var imei = rest[..Math.Min(ImeiLength, rest.Length)];
        rest = rest[imei.Length..];
        return new()
        {
            Code = body.Slice(1, body[0]).TrimEnd((byte)0),
            Imei = Gbk.Decode(imei),
            Software = Gbk.Decode(rest[..Math.Min(SoftwareLength, rest.Length)]),
        };
    }
}
