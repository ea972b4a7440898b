namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>
/// Puts a list together that a device sends in parts, in any order, some twice, some never (Catalog, RecordInfo). Complete when as many different entries are there as the device said; over
/// when nothing comes any more, and then what is there counts. Not for two threads at a time.
/// </summary>
/// <param name="sn">The number of the question: parts of another one are not taken.</param>
/// <param name="keyOf">What tells two entries apart.</param>
internal sealed class ListAssembler<T>(int sn, Func<T, object> keyOf, long nowMs)
{
    public const int Most = 100_000;

    /// <summary>Without a part for so long, the list is over; the first one may take longer.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(8), First = TimeSpan.FromSeconds(20), Longest = TimeSpan.FromMinutes(10);

    private readonly Dictionary<object, int> _places = [];
    private readonly List<T> _items = [];
    private readonly long _beganMs = nowMs;
    private long _lastMs = nowMs;
    private int? _sum;
    private int _unnamed;

    /// <summary>What has come, in the order it came first; of an entry that came again, the later one.</summary>
    public IReadOnlyList<T> Items => _items;

    /// <summary>What the device says there is in all; null before its first part. The largest of what it said, for some say the number of the part.</summary>
    public int? Sum => _sum;

    public bool IsComplete => _sum is { } sum && _items.Count + _unnamed >= sum;

    /// <summary>Entries were left out, because there are too many.</summary>
    public bool IsCut { get; private set; }

    /// <summary>False for a part of another list.</summary>
    public bool Add(int partSn, ListPart<T> part, long nowMs)
    {
        if (partSn != sn)
            return false;
        _lastMs = nowMs;
        _sum = Math.Max(_sum ?? 0, Math.Max(0, part.SumNum));
        _unnamed += part.Unnamed;
        foreach (var item in part.Items)
            if (_places.TryGetValue(keyOf(item), out var place))
                _items[place] = item;
            else if (_items.Count == Most)
                IsCut = true;
            else
            {
                _places.Add(keyOf(item), _items.Count);
                _items.Add(item);
            }
        return true;
    }

    /// <summary>Nothing more is waited for.</summary>
    public bool IsOver(long nowMs)
        => IsComplete || nowMs - _lastMs >= (_sum is null ? First : Silence).TotalMilliseconds || nowMs - _beganMs >= Longest.TotalMilliseconds;
}
