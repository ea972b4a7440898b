using System.Text.Json;

namespace EdgeRecorder.Configuration;

/// <summary>Walks a configuration file token by token and knows the line of each. Comments and trailing commas are allowed.</summary>
internal ref struct JsonCursor
{
    private readonly ReadOnlySpan<byte> _file;
    private readonly string _name;
    private Utf8JsonReader _reader;
    private int _line;
    private int _counted;

    public JsonCursor(ReadOnlySpan<byte> file, string name)
    {
        _file = file;
        _name = name;
        _line = 1;
        _reader = new(file, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 16 });
    }

    public readonly JsonTokenType Type => _reader.TokenType;

    /// <summary>Where the current token begins.</summary>
    public Origin Origin
    {
        get
        {
            var start = (int)_reader.TokenStartIndex;
            if (start > _counted)
            {
                _line += _file[_counted..start].Count((byte)'\n');
                _counted = start;
            }
            return new(_name, _line);
        }
    }

    /// <exception cref="JsonException">What follows is not JSON.</exception>
    public bool Read() => _reader.Read();

    public void Skip() => _reader.Skip();

    public readonly string Text() => _reader.GetString()!;

    /// <summary>The current scalar; an object or array is not one.</summary>
    public bool TryValue(out ConfigurationValue value)
    {
        (bool is_scalar, ValueForm form, string written) = _reader.TokenType switch
        {
            JsonTokenType.String => (true, ValueForm.Text, _reader.GetString()!),
            JsonTokenType.Number => (true, ValueForm.Number, System.Text.Encoding.UTF8.GetString(_reader.ValueSpan)),
            JsonTokenType.True => (true, ValueForm.Boolean, "true"),
            JsonTokenType.False => (true, ValueForm.Boolean, "false"),
            JsonTokenType.Null => (true, ValueForm.Null, ""),
            _ => (false, ValueForm.Null, ""),
        };
        value = new(form, written, Origin);
        return is_scalar;
    }
}
