using EdgeRecorder.Bytes;

namespace EdgeRecorder.Jt808;

/// <summary>0x8103, sets parameters; answered by 0x0001.</summary>
internal sealed record T8103SetParameters(IReadOnlyList<TerminalParameter> Parameters) : PlatformMessage(0x8103)
{
    public override bool IsRepeatable => true;

    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout)
    {
        if (Parameters.Count > byte.MaxValue)
            throw new ArgumentException($"{Parameters.Count} parameters do not fit one message");
        writer.U8((byte)Parameters.Count);
        foreach (var parameter in Parameters)
        {
            if (parameter.Value.Length > byte.MaxValue)
                throw new ArgumentException($"Parameter 0x{parameter.Id:X4} has {parameter.Value.Length} bytes");
            writer.U32(parameter.Id);
            writer.U8((byte)parameter.Value.Length);
            writer.Bytes(parameter.Value.Span);
        }
    }
}

/// <summary>0x8104, asks for all parameters; answered by 0x0104.</summary>
internal sealed record T8104QueryParameters() : PlatformMessage(0x8104)
{
    public override bool IsRepeatable => true;

    public override void WriteBody(ref ByteWriter writer, HeaderLayout layout) { }
}
