using System.Globalization;
using System.Text;
using EdgeRecorder.Bytes;

namespace EdgeRecorder.Gb28181.Manscdp;

/// <summary>Which name of the character set stands in the declaration; the bytes are GB 18030 for both, which holds GB2312.</summary>
internal enum ManscdpCharset { Gb2312, Gb18030 }

/// <summary>Writes a document the way devices expect it: a line for an element, no attributes but Num, CRLF behind every line.</summary>
internal sealed class XmlText
{
    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = [];

    public XmlText(ManscdpCharset charset) => _text.Append(CultureInfo.InvariantCulture, $"<?xml version=\"1.0\" encoding=\"{(charset == ManscdpCharset.Gb2312 ? "GB2312" : "GB18030")}\"?>\r\n");

    public XmlText Open(string name, int? num = null)
    {
        _open.Push(name);
        _text.Append('<').Append(name);
        if (num is { } count)
            _text.Append(CultureInfo.InvariantCulture, $" Num=\"{count}\"");
        _text.Append(">\r\n");
        return this;
    }

    public XmlText Close()
    {
        _text.Append("</").Append(_open.Pop()).Append(">\r\n");
        return this;
    }

    /// <summary>Nothing for null.</summary>
    public XmlText Add(string name, string? value)
    {
        if (value is null)
            return this;
        _text.Append('<').Append(name).Append('>');
        foreach (var c in value)
            _ = c switch
            {
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '&' => _text.Append("&amp;"),
                _ => char.IsControl(c) ? _text : _text.Append(c),
            };
        _text.Append("</").Append(name).Append(">\r\n");
        return this;
    }

    public XmlText Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    public XmlText Add(string name, double? value, string format) => Add(name, value?.ToString(format, CultureInfo.InvariantCulture));

    public XmlText Add(string name, DateTime? local) => Add(name, local is { } time ? ManscdpTime.Write(time) : null);

    public byte[] ToBytes() => Gb18030.Encode(_text.ToString());
}
