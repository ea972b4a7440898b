using EdgeRecorder.Bytes;

namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>Directions that a camera turns and zooms in at the same time, and how fast: 0 to 255, zoom 0 to 15. Opposite ones cannot be said.</summary>
/// <param name="Pan">Right is positive.</param>
/// <param name="Tilt">Up is positive.</param>
/// <param name="Zoom">In is positive.</param>
internal readonly record struct PtzMove(int Pan, int Tilt, int Zoom);

internal enum PresetAction : byte { Set = 0x81, Call = 0x82, Delete = 0x83 }

internal enum CruiseAction : byte { AddPoint = 0x84, DeletePoint = 0x85, Speed = 0x86, DwellSeconds = 0x87, Start = 0x88 }

internal enum ScanAction : byte { Start = 0, LeftEdge = 1, RightEdge = 2 }

/// <summary>
/// The eight bytes of PTZCmd (GB/T 28181-2016, A.3), sent as 16 hexadecimal digits:
/// <code>
/// A5 | version 0, check F | address 7–0 | instruction | data 1 | data 2 | data 3, address 11–8 | sum of the first seven
/// </code>
/// </summary>
/// <param name="Data3">4 bits.</param>
/// <param name="Address">12 bits, which nobody looks at.</param>
internal readonly record struct PtzCode(byte Instruction, byte Data1, byte Data2, byte Data3, int Address = PtzCode.OurAddress)
{
    public const int OurAddress = 1;

    private const byte Out = 0x20, In = 0x10, Up = 0x08, Down = 0x04, Left = 0x02, Right = 0x01;
    private const byte Lens = 0x40, IrisSmaller = 0x48, IrisLarger = 0x44, FocusNear = 0x42, FocusFar = 0x41;
    private const byte Scan = 0x89, ScanSpeed = 0x8A, AuxiliaryOn = 0x8C, AuxiliaryOff = 0x8D;

    /// <summary>Ends turning, zooming, cruises and scans.</summary>
    public static PtzCode Stop => new(0, 0, 0, 0);

    /// <summary>Ends focus and iris.</summary>
    public static PtzCode StopLens => new(Lens, 0, 0, 0);

    /// <exception cref="ArgumentOutOfRangeException">A speed does not fit.</exception>
    public static PtzCode Move(PtzMove move)
    {
        var (pan, tilt, zoom) = (Speed(move.Pan, 255), Speed(move.Tilt, 255), Speed(move.Zoom, 15));
        return new((byte)((move.Zoom < 0 ? Out : zoom > 0 ? In : 0) | (move.Tilt > 0 ? Up : tilt > 0 ? Down : 0) | (move.Pan < 0 ? Left : pan > 0 ? Right : 0)), pan, tilt, zoom);
    }

    /// <param name="speed">Near is positive.</param>
    public static PtzCode Focus(int speed) => new(speed > 0 ? FocusNear : speed < 0 ? FocusFar : Lens, Speed(speed, 255), 0, 0);

    /// <param name="speed">Larger is positive.</param>
    public static PtzCode Iris(int speed) => new(speed > 0 ? IrisLarger : speed < 0 ? IrisSmaller : Lens, 0, Speed(speed, 255), 0);

    /// <param name="number">1 to 255.</param>
    public static PtzCode Preset(PresetAction action, int number) => new((byte)action, 0, Within(number, 1, 255), 0);

    /// <param name="group">0 to 255.</param>
    /// <param name="value">The preset, 0 deleting the whole cruise; the speed or the seconds, up to 4095.</param>
    public static PtzCode Cruise(CruiseAction action, int group, int value = 0)
    {
        var isWide = action is CruiseAction.Speed or CruiseAction.DwellSeconds;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, isWide ? 4095 : 255);
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return new((byte)action, Within(group, 0, 255), (byte)value, (byte)(value >> 8));
    }

    public static PtzCode AutoScan(ScanAction action, int group) => new(Scan, Within(group, 0, 255), (byte)action, 0);

    public static PtzCode AutoScanSpeed(int group, int speed) => new(ScanSpeed, Within(group, 0, 255), (byte)Within16(speed), (byte)(Within16(speed) >> 8));

    /// <param name="number">1 is the wiper.</param>
    public static PtzCode Switch(int number, bool isOn) => new(isOn ? AuxiliaryOn : AuxiliaryOff, Within(number, 1, 255), 0, 0);

    /// <summary>What a turning instruction says; null for any other, and for one that says opposite things.</summary>
    public PtzMove? AsMove => (Instruction & 0xC0) != 0 || (Instruction & (In | Out)) == (In | Out) || (Instruction & (Up | Down)) == (Up | Down) || (Instruction & (Left | Right)) == (Left | Right)
        ? null
        : new PtzMove(Sign(Right, Left) * Data1, Sign(Up, Down) * Data2, Sign(In, Out) * Data3);

    public PresetAction? AsPreset => Instruction is >= 0x81 and <= 0x83 ? (PresetAction)Instruction : null;

    /// <exception cref="ProtocolException">It is no code, or its sum is wrong.</exception>
    public static PtzCode Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (text.Length != 16 || Convert.FromHexString(text, bytes, out _, out _) != System.Buffers.OperationStatus.Done)
            throw new ProtocolException(XmlPull.Protocol, 0, "PTZCmd", "is not 16 hexadecimal digits");
        if (bytes[0] != 0xA5)
            throw new ProtocolException(XmlPull.Protocol, 0, "PTZCmd", "does not begin with A5");
        if ((bytes[1] & 0x0F) != (0xA + 5 + (bytes[1] >> 4)) % 16 && bytes[1] != 0x0F)
            throw new ProtocolException(XmlPull.Protocol, 1, "PTZCmd", "has a wrong check of its version");
        if (Sum(bytes[..7]) != bytes[7])
            throw new ProtocolException(XmlPull.Protocol, 7, "PTZCmd", $"has the sum {bytes[7]:X2}, not {Sum(bytes[..7]):X2}");
        return new(bytes[3], bytes[4], bytes[5], (byte)(bytes[6] >> 4), bytes[2] | (bytes[6] & 0x0F) << 8);
    }

    public override string ToString()
    {
        Span<byte> bytes = [0xA5, 0x0F, (byte)Address, Instruction, Data1, Data2, (byte)(Data3 << 4 | Address >> 8 & 0x0F), 0];
        bytes[7] = Sum(bytes[..7]);
        return Convert.ToHexString(bytes);
    }

    private int Sign(byte positive, byte negative) => (Instruction & positive) != 0 ? 1 : (Instruction & negative) != 0 ? -1 : 0;

    private static byte Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        foreach (var b in bytes)
            sum += b;
        return (byte)sum;
    }

    private static byte Speed(int speed, int most)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs((long)speed), most, nameof(speed));
        return (byte)Math.Abs(speed);
    }

    private static byte Within(int value, int least, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most);
        return (byte)value;
    }

    private static int Within16(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 4095);
        return value;
    }
}
