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
}
