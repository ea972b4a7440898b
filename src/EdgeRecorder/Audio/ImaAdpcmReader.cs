using EdgeRecorder.Bytes;

namespace EdgeRecorder.Audio;

/// <summary>
/// A stream of IMA ADPCM blocks whose layout nobody tells. The block that follows does: a DVI4 encoder writes the state its decoder is left with into the next header, so
/// in the right order the two are equal; an IMA encoder writes the next sample instead, which they only come close to.
/// </summary>
internal sealed class ImaAdpcmReader
{
    /// <summary>Bytes of one block: half a second and more.</summary>
    public const int LargestBlock = 4096;

    private static readonly ImaLayout Dvi4 = new(FirstIsLowest: false, HeaderIsSample: false);
    private static readonly ImaLayout Dvi4Swapped = new(FirstIsLowest: true, HeaderIsSample: false);
    private static readonly ImaLayout Ima = new(FirstIsLowest: true, HeaderIsSample: true);

    /// <summary>Blocks in a row: an IMA encoder's next sample may be the expected one by chance.</summary>
    private const int OthersToChange = 3;

    private readonly short[] _unused = new short[LargestBlock * 2];
    private ((short Value, int Index) Dvi4, (short Value, int Index) Swapped)? _before;
    private ImaLayout _other;                               // what the last blocks showed, when it is not what we use
    private int _others;
    private bool _isShown;

    /// <summary>DVI4 until a block shows otherwise: what HiSilicon's samples choose.</summary>
    public ImaLayout Layout { get; private set; } = Dvi4;

    /// <summary>Decodes one block.</summary>
    /// <param name="follows">Nothing was lost since the block before.</param>
    /// <param name="target">Room for two samples a byte.</param>
    /// <returns>Samples written.</returns>
    /// <exception cref="ProtocolException">This is no block.</exception>
    public int Decode(ReadOnlySpan<byte> block, bool follows, Span<short> target)
    {
        var header = ImaAdpcmDecoder.ReadHeader(block);
        if (follows && _before is { } before)
            Judge(header, before.Dvi4, before.Swapped);
        var dvi4 = ImaAdpcmDecoder.Decode(block, Layout.FirstIsLowest ? Dvi4 : Layout, Layout.FirstIsLowest ? _unused : target);
        var swapped = ImaAdpcmDecoder.Decode(block, Layout.FirstIsLowest ? Layout : Dvi4Swapped, Layout.FirstIsLowest ? target : _unused);
        _before = (dvi4, swapped);
        return ImaAdpcmDecoder.Samples(block.Length, Layout);
    }

    private void Judge((short, int) header, (short, int) dvi4, (short, int) swapped)
    {
        if (header == dvi4 && header == swapped)            // silence: every order gives the same
            return;
        var shown = header == dvi4 ? Dvi4 : header == swapped ? Dvi4Swapped : Ima;
        _others = shown == Layout ? 0 : shown == _other ? _others + 1 : 1;
        _other = shown;
        if (_others >= (_isShown ? OthersToChange : 1))
            (Layout, _others) = (shown, 0);
        _isShown = true;
    }
}
