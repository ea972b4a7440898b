namespace EdgeRecorder.Configuration;

/// <summary>What a value was written as. The environment and the command line know only <see cref="Untyped"/> text.</summary>
internal enum ValueForm { Text, Number, Boolean, Null, Untyped }

/// <summary>One scalar as written, before anybody knows what it means.</summary>
internal readonly record struct ConfigurationValue(ValueForm Form, string Written, Origin Origin)
{
    /// <summary>An empty variable means "not set to anything", which is what null means in the file.</summary>
    public bool IsNull => Form == ValueForm.Null || (Form == ValueForm.Untyped && Written.Length == 0);

    public bool CanBe(ValueForm form) => Form == form || (Form == ValueForm.Untyped && Written.Length > 0);

    public override string ToString() => Form switch
    {
        ValueForm.Text => $"\"{Written}\"",
        ValueForm.Null => "null",
        _ => Written,
    };
}
