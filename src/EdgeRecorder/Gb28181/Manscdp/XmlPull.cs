using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>
/// Pulls elements out of a document of a device, forgivingly where devices write what no XML reader takes (bare ampersands, control characters, no declaration, zeros behind the end) and
/// strictly where it could cost something: no document type, no entities but the five and characters by number, bounded depth and size.
/// </summary>
/// <exception cref="ProtocolException">It cannot be meant as a document; every call. Offsets are in characters.</exception>
internal ref struct XmlPull
{
    public const string Protocol = "MANSCDP";
    public const int MostDepth = 16, LargestDocument = 8 * 1024 * 1024, LongestName = 64, LongestText = 256;

    private readonly ReadOnlySpan<char> _text;
    private readonly (int Start, int Length)[] _open = new (int, int)[MostDepth];
    private int _at, _attributesStart, _attributesLength;
    private bool _isEmpty;                                  // the innermost element was <a/>: its end comes with the next step

    public XmlPull(ReadOnlySpan<char> text)
    {
        if (text.Length > LargestDocument)
            throw new ProtocolException(Protocol, LargestDocument, "document", $"is longer than {LargestDocument} characters");
        _text = text.TrimEnd('\0');
        if (!NextStart(0))
            throw Wrong("document", "has no element");
    }

    /// <summary>How many elements are open; 1: the root.</summary>
    public int Depth { get; private set; }

    /// <summary>Of the innermost open element, without a prefix.</summary>
    public readonly ReadOnlySpan<char> Name => _text.Slice(_open[Depth - 1].Start, _open[Depth - 1].Length);

    /// <summary>Names are compared without case: devices write info and Info.</summary>
    public readonly bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Steps to the next child of the element that was open at <paramref name="parent"/>, over whatever was not read; false at that element's end.</summary>
    public bool Child(int parent)
    {
        while (Depth > parent)
            SkipElement();
        return NextStart(parent);
    }

    /// <summary>The text of the innermost element without blanks around it, up to its end, which is stepped over. Elements inside are left out.</summary>
    /// <param name="longest">What is kept; the rest is cut off.</param>
    public string Text(int longest = LongestText)
    {
        var depth = Depth;
        if (_isEmpty)
        {
            Close();
            return "";
        }
        var text = new StringBuilder();
        while (Depth >= depth)
        {
            var next = _text[_at..].IndexOf('<');
            if (next < 0)
                throw Wrong(Name.ToString(), "has no end");
            if (Depth == depth)
                Append(text, _text.Slice(_at, next), longest);
            _at += next;
            if (_text[_at..].StartsWith("<![CDATA["))
            {
                var (from, length) = Section("<![CDATA[", "]]>");
                if (Depth == depth)
                    AppendRaw(text, _text.Slice(from, length), longest);
            }
            else
                Markup();
            if (_isEmpty)
                Close();
        }
        return text.ToString().Trim();
    }

    /// <summary>An attribute of the element that has just been stepped to; null where it is not there.</summary>
    public readonly string? Attribute(string name)
    {
        var rest = _text.Slice(_attributesStart, _attributesLength);
        while (rest.IndexOf('=') is >= 0 and var equals)
        {
            var key = rest[..equals].Trim();
            var value = rest[(equals + 1)..].TrimStart();
            if (value.IsEmpty || value[0] is not ('"' or '\'') || value[1..].IndexOf(value[0]) is not (>= 0 and var end))
                return null;
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return value.Slice(1, end).Trim().ToString();
            rest = value[(end + 2)..];
        }
        return null;
    }

    /// <summary>The text as a number; null for anything else, also for nothing: devices leave fields empty.</summary>
    public int? Number() => int.TryParse(Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public long? LongNumber() => long.TryParse(Text(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    public double? Real() => double.TryParse(Text(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : null;

    public DateTime? Time() => ManscdpTime.Read(Text());

    private void SkipElement()
    {
        var depth = Depth;
        while (Depth >= depth)
        {
            if (_isEmpty)
                Close();
            else
                Step();
        }
    }

    /// <summary>False when the element at that depth has ended instead.</summary>
    private bool NextStart(int parent)
    {
        if (_isEmpty)
        {
            Close();
            return false;
        }
        while (Depth == parent)
        {
            if (_at >= _text.Length && parent == 0)
                return false;
            Step();
        }
        return Depth > parent;
    }

    /// <summary>Over text to the next markup, and over that.</summary>
    private void Step()
    {
        var next = _text[_at..].IndexOf('<');
        if (next < 0)
        {
            if (Depth > 0)
                throw Wrong(Name.ToString(), "has no end");
            _at = _text.Length;
            return;
        }
        if (Depth == 0)
            foreach (var c in _text.Slice(_at, next))
                if (c > ' ' && c != '\uFEFF')
                    throw Wrong("document", "does not begin with an element");
        _at += next;
        Markup();
    }

    private void Markup()
    {
        var rest = _text[_at..];
        if (rest.StartsWith("<?"))
            Section("<?", "?>");
        else if (rest.StartsWith("<!--"))
            Section("<!--", "-->");
        else if (rest.StartsWith("<![CDATA["))
            Section("<![CDATA[", "]]>");
        else if (rest.StartsWith("<!"))
            throw Wrong("document", "has a document type, which nobody needs");
        else if (rest.StartsWith("</"))
            EndTag();
        else
            StartTag();
    }

    private (int From, int Length) Section(string begin, string end)
    {
        var from = _at + begin.Length;
        var length = _text[from..].IndexOf(end);
        if (length < 0)
            throw Wrong("document", $"{begin} has no end");
        _at = from + length + end.Length;
        return (from, length);
    }

    private void StartTag()
    {
        var (nameStart, nameLength) = TagName(_at + 1);
        var at = nameStart + nameLength;
        var quote = '\0';
        for (; at < _text.Length && (quote != 0 || _text[at] != '>'); at++)
        {
            var c = _text[at];
            if (quote != 0 ? c == quote : c is '"' or '\'')
                quote = quote == 0 ? c : '\0';
            else if (c == '<')
                throw Wrong("tag", "holds a bracket");
        }
        if (at >= _text.Length)
            throw Wrong("tag", "has no end");
        if (Depth == MostDepth)
            throw Wrong("document", $"is nested more than {MostDepth} deep");
        _isEmpty = _text[at - 1] == '/';
        _open[Depth++] = (nameStart, nameLength);
        (_attributesStart, _attributesLength) = (nameStart + nameLength, at - nameStart - nameLength);
        _at = at + 1;
    }

    private void EndTag()
    {
        var (start, length) = TagName(_at + 2);
        var close = _text[(start + length)..].IndexOf('>');
        if (close < 0 || !_text.Slice(start + length, close).Trim().IsEmpty)
            throw Wrong("tag", "has no end");
        if (Depth == 0 || !Name.Equals(_text.Slice(start, length), StringComparison.OrdinalIgnoreCase))
            throw Wrong("tag", $"ends {_text.Slice(start, length)}, which is not open");
        _at = start + length + close + 1;
        Depth--;
    }

    private void Close()
    {
        _isEmpty = false;
        Depth--;
    }

    private readonly (int Start, int Length) TagName(int from)
    {
        var at = from;
        while (at < _text.Length && at - from <= LongestName && (char.IsAsciiLetterOrDigit(_text[at]) || _text[at] is '_' or '-' or '.' or ':'))
            at++;
        if (at == from || at - from > LongestName)
            throw Wrong("tag", "has no name");
        var prefix = _text[from..at].LastIndexOf(':') + 1;
        return (from + prefix, at - from - prefix);
    }

    private static void Append(StringBuilder target, ReadOnlySpan<char> raw, int longest)
    {
        while (raw.IndexOf('&') is >= 0 and var ampersand && target.Length < longest)
        {
            AppendRaw(target, raw[..ampersand], longest);
            raw = raw[ampersand..];
            var end = raw[..Math.Min(raw.Length, 12)].IndexOf(';');
            if (end > 0 && Entity(raw[1..end]) is { } character)
            {
                AppendRaw(target, character, longest);
                raw = raw[(end + 1)..];
            }
            else
            {
                AppendRaw(target, "&", longest);            // devices do not escape it
                raw = raw[1..];
            }
        }
        AppendRaw(target, raw, longest);
    }

    private static string? Entity(ReadOnlySpan<char> name)
    {
        if (name is not ['#', .. var number])
            return name switch { "lt" => "<", "gt" => ">", "amp" => "&", "quot" => "\"", "apos" => "'", _ => null };
        var isHex = number is ['x' or 'X', ..];
        return int.TryParse(isHex ? number[1..] : number, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var code) && Rune.IsValid(code)
            ? new Rune(code).ToString()
            : null;
    }

    private static void AppendRaw(StringBuilder target, ReadOnlySpan<char> text, int longest)
    {
        foreach (var c in text)
        {
            if (target.Length >= longest)
                return;
            if (c is '\r' or '\n' or '\t')
                target.Append(target.Length > 0 ? " " : "");
            else if (!char.IsControl(c) && c != '\uFEFF')
                target.Append(c);
        }
    }

    private readonly ProtocolException Wrong(string field, string why) => new(Protocol, _at, field, why);
}
