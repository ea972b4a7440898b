namespace EdgeRecorder.Bytes;

/// <summary>Most significant bit first over one unescaped RBSP (ITU-T H.264 7.2, 9.1).</summary>
/// <exception cref="ProtocolException">Every read that does not fit; it names the field and its byte.</exception>
public ref struct BitReader(ReadOnlySpan<byte> rbsp, string protocol)
{
    private readonly ReadOnlySpan<byte> _rbsp = rbsp;
    private int _position;                                  // in bits

    public readonly int RemainingBits => _rbsp.Length * 8 - _position;

    public bool Flag(string field) => Bits(1, field) != 0;

    /// <summary>u(n), n ≤ 32.</summary>
    public uint Bits(int count, string field)
    {
        Need(count, field);
        uint value = 0;
        for (var left = count; left > 0;)
        {
            var inByte = Math.Min(left, 8 - (_position & 7));
            var bits = (uint)_rbsp[_position >> 3] >> (8 - (_position & 7) - inByte) & ((1u << inByte) - 1);
            value = value << inByte | bits;
            _position += inByte;
            left -= inByte;
        }
        return value;
    }

    public void Skip(int count, string field)
    {
        Need(count, field);
        _position += count;
    }

    /// <summary>ue(v), not above <paramref name="max"/>.</summary>
    public int Ue(string field, int max = int.MaxValue - 1)
    {
        var zeros = 0;
        while (!Flag(field))
            if (++zeros > 31)
                throw new ProtocolException(protocol, _position >> 3, field, "Exp-Golomb code of more than 31 leading zeros");
        var value = (1L << zeros) - 1 + Bits(zeros, field);
        if (value > max)
            throw new ProtocolException(protocol, _position >> 3, field, $"{value} is above {max}");
        return (int)value;
    }

    /// <summary>se(v).</summary>
    public int Se(string field)
    {
        var code = Ue(field);
        return (code & 1) != 0 ? code / 2 + 1 : -(code / 2);
    }

    private readonly void Need(int count, string field)
    {
        if (count > RemainingBits)
            throw new ProtocolException(protocol, _position >> 3, field, $"needs {count} bits, {RemainingBits} left");
    }
}
