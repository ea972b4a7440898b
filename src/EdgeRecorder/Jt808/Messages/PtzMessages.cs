using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>Direction of 0x9301.</summary>
internal enum PtzDirection : byte { Stop = 0, Up = 1, Down = 2, Left = 3, Right = 4 }

/// <summary>0x9301, turns a camera.</summary>
internal sealed record T9301Turn(byte Channel, PtzDirection Direction, byte Speed) : PlatformMessage(0x9301)
{
    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U8(Channel);
        writer.U8((byte)Direction);
        writer.U8(Speed);
    }
}

/// <summary>0x9302 to 0x9306: a channel and one byte.</summary>
internal abstract record PtzSwitch(ushort Id, byte Channel, byte Value) : PlatformMessage(Id)
{
    public sealed override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        writer.U8(Channel);
        writer.U8(Value);
    }
}

/// <summary>0x9302, focal distance: 0 larger, 1 smaller.</summary>
internal sealed record T9302Focus(byte Channel, bool IsSmaller) : PtzSwitch(0x9302, Channel, (byte)(IsSmaller ? 1 : 0));

/// <summary>0x9303, iris: 0 larger, 1 smaller.</summary>
internal sealed record T9303Iris(byte Channel, bool IsSmaller) : PtzSwitch(0x9303, Channel, (byte)(IsSmaller ? 1 : 0));

/// <summary>0x9304, wiper: 0 stop, 1 start.</summary>
internal sealed record T9304Wiper(byte Channel, bool IsOn) : PtzSwitch(0x9304, Channel, (byte)(IsOn ? 1 : 0));

/// <summary>0x9305, infrared light: 0 stop, 1 start.</summary>
internal sealed record T9305InfraredLight(byte Channel, bool IsOn) : PtzSwitch(0x9305, Channel, (byte)(IsOn ? 1 : 0));

/// <summary>0x9306, zoom: 0 in, 1 out.</summary>
internal sealed record T9306Zoom(byte Channel, bool IsOut) : PtzSwitch(0x9306, Channel, (byte)(IsOut ? 1 : 0));
