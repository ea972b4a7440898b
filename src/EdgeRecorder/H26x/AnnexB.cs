namespace EdgeRecorder.H26x;

/// <summary>The byte stream format of H.264 and H.265 Annex B.</summary>
internal static class AnnexB
{
    private static ReadOnlySpan<byte> StartCode => [0, 0, 1];

    public static bool StartsWithStartCode(ReadOnlySpan<byte> bytes)
        => bytes.StartsWith(StartCode) || bytes.Length >= 4 && bytes[0] == 0 && bytes[1..].StartsWith(StartCode);

    /// <summary>The NAL units between start codes, without them, without trailing zeros, none empty. What precedes the first start code is skipped.</summary>
    public static NalEnumerator Split(ReadOnlySpan<byte> stream) => new(stream);

    internal ref struct NalEnumerator
    {
        private ReadOnlySpan<byte> _rest;

        public NalEnumerator(ReadOnlySpan<byte> stream)
        {
            var start = stream.IndexOf(StartCode);
            _rest = start < 0 ? default : stream[(start + 3)..];
        }

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly NalEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            while (!_rest.IsEmpty)
            {
                var end = _rest.IndexOf(StartCode);
                Current = (end < 0 ? _rest : _rest[..end]).TrimEnd((byte)0);    // zero_byte, trailing_zero_8bits
                _rest = end < 0 ? default : _rest[(end + 3)..];
                if (!Current.IsEmpty)
                    return true;
            }
            return false;
        }
    }
}
